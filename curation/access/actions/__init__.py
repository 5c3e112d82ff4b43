"""Terms, who gets a gated dataset, and counting downloads."""

from curation.access.actions.asking import ask_for_access, give_up
from curation.access.actions.deciding import decline_access, grant_access, revoke_access
from curation.access.actions.terms import write_terms

__all__ = ["ask_for_access", "decline_access", "give_up", "grant_access", "revoke_access", "write_terms"]
