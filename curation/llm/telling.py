"""What errors of calls say, where it is stored in English with a run or a job and told in the reader's language."""

from curation.core.stored_messages import gettext_noop

# Each is said where the error is raised; a test holds that none is missing here.
FORMS = (
    gettext_noop("This cannot be asked: %(said)s"),
    gettext_noop("%(model)s takes no temperature or effort. Leave it out."),
    gettext_noop("%(name)s cannot be reached."),
    gettext_noop("%(name)s answered with more than an answer can be."),
    gettext_noop("%(name)s was asked, and its answer did not arrive."),
    gettext_noop("What %(name)s answered is not what was asked for."),
    gettext_noop("%(name)s refuses (%(status)s): %(said)s"),
    gettext_noop("%(name)s says that it is asked too much at once."),
    gettext_noop("%(name)s is out of order (%(status)s)."),
    gettext_noop("%(name)s does not take this request (%(status)s): %(said)s"),
    gettext_noop("%(name)s does not take this request."),
    gettext_noop("%(name)s did not get to this one."),
    gettext_noop("%(name)s ended the batch before this was asked."),
    gettext_noop("%(name)s takes no batches."),
    gettext_noop("%(name)s does not answer. It is asked again by itself."),
    gettext_noop("%(name)s takes its key from %(variable)s, which is not set on this host."),
    gettext_noop("The key of %(name)s cannot be read with this installation’s secret. Enter it again."),
    gettext_noop("What %(model)s costs at %(provider)s is not known. An admin can set it on the provider’s page."),
    gettext_noop("The next call could cost more than is left of the budget “%(budget)s”."),
    gettext_noop("What is left of the budget is kept back for calls under way."),
    gettext_noop("The batch came back without an answer to this."),
    gettext_noop("This provider has been removed."),
    gettext_noop("The limit of calls a minute is reached."),
    gettext_noop("The database is away. Nothing was asked."),
)
