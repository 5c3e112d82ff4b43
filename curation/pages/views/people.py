"""People: who is here, what they may do, inviting more of them, and closing an account."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.actions import add_member, remove_member
from annotations.actions.people import change_role, close, join
from annotations.queries.accounts import described
from curation.accounts import invitations
from curation.accounts.checking import few_at_once
from curation.accounts.models import Invitation, Role, User
from curation.accounts.people import reopen_account
from curation.accounts.permissions import check_can_keep_accounts
from curation.accounts.tokens import tokens_of
from curation.core.errors import Conflict, InvalidInput, NotFound
from curation.pages.people import datasets_for, page_of, queues_of
from curation.pages.people_forms import InviteForm, JoinForm
from curation.releases.actions import lift_limits, limit_person
from curation.releases.models import Dataset
from curation.releases.queries.limits import kept_limits, with_limits


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who has an account, and the invitations that are still open. For admins."""
    _admin(request)
    words, closed = request.GET.get("q", "").strip()[:80], request.GET.get("closed") == "on"
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) < 10_000 else 1
    rows, more = page_of(words=words, closed=closed, number=number)
    query = request.GET.copy()

    def link(to: int) -> str:
        query["page"] = str(to)
        return f"?{query.urlencode()}"

    context = {
        "rows": rows,
        "words": words,
        "closed": closed,
        "invitations": invitations.open_invitations()[:50],
        "previous_url": link(number - 1) if number > 1 else "",
        "next_url": link(number + 1) if more else "",
    }
    return render(request, "people/people.html", context)


@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation. Its link is shown once, in the answer, and kept nowhere."""
    actor, link = _admin(request), ""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        _invitation, secret = invitations.invite(
            actor=actor,
            role=data["role"],
            days=data["days"],
            note=data["note"],
            queues=[queue.pk for queue in data["queues"]],
        )
        link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    context = {"form": form, "link": link, "days": form.cleaned_data.get("days") if link else 0}
    return render(request, "people/invite.html", context, status=422 if form.errors else 200)


@require_POST
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    actor = _admin(request)
    found = Invitation.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such invitation."))
    invitations.withdraw_invitation(actor=actor, invitation=found)
    messages.success(request, _("The invitation is taken back. Its link no longer works."))
    return redirect("people")


@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: role, queues, the datasets that they work with, the tokens of their programs, and what they hold."""
    actor, user = _admin(request), _person(pk)
    limits = kept_limits(user)
    context = {
        "person": user,
        "roles": Role.choices,
        "queues": queues_of(user),
        "own": actor.pk == user.pk,
        "erased": hasattr(user, "erasure"),
        "tokens": [token for token in tokens_of(user) if token.is_live],
        "limits": limits,
        "choices": [] if user.role == Role.ADMIN else datasets_for(limits),
    }
    return render(request, "people/person.html", context)


@require_POST
def person_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person another role."""
    actor, user = _admin(request), _person(pk)
    change_role(actor=actor, user=user, role=request.POST.get("role", ""))
    user.refresh_from_db()
    words = {"name": user.shown_name, "role": user.get_role_display()}
    messages.success(request, _("%(name)s now has the role %(role)s.") % words)
    return redirect("person", pk)


@require_POST
def person_queues(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person into exactly the queues that were ticked."""
    actor, user = _admin(request), _person(pk)
    ticked = set(request.POST.getlist("queue"))
    for queue, inside in queues_of(user):
        if queue.slug in ticked and not inside:
            add_member(actor=actor, queue=queue, user=user)
        elif queue.slug not in ticked and inside:
            remove_member(actor=actor, queue=queue, user=user)
    messages.success(request, _("The queues of %(name)s are kept.") % {"name": user.shown_name})
    return redirect("person", pk)


@require_POST
def person_datasets(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person work with exactly the organisations and datasets that were ticked, or with all."""
    actor, user = _admin(request), _person(pk)
    if request.POST.get("which") == "these":
        ticked = [int(key) for key in request.POST.getlist("dataset") if key.isascii() and key.isdigit()]
        limit_person(
            actor=actor,
            user=user,
            orgs=[*request.POST.getlist("org"), request.POST.get("other_org", "")],
            datasets=list(Dataset.objects.filter(pk__in=ticked)),
        )
    elif request.POST.get("which") == "all":
        lift_limits(actor=actor, user=user)
    else:
        raise InvalidInput(_("Choose all datasets or these."))
    messages.success(request, _("The datasets of %(name)s are kept.") % {"name": user.shown_name})
    return redirect("person", pk)


@require_POST
def person_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account: sessions end, and what it holds goes to others."""
    actor, user = _admin(request), _person(pk)
    freed = close(actor=actor, user=user)
    said = _("The account of %(name)s is closed, and all its sessions have ended.") % {"name": user.shown_name}
    if freed:
        told = ngettext("%(n)d story goes to another reader.", "%(n)d stories go to other readers.", freed)
        said = f"{said} {told % {'n': freed}}"
    messages.success(request, said)
    return redirect("person", pk)


@require_POST
def person_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person sign in again."""
    actor, user = _admin(request), _person(pk)
    reopen_account(actor=actor, user=user)
    messages.success(request, _("%(name)s can sign in again.") % {"name": user.shown_name})
    return redirect("person", pk)


@login_not_required
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
@never_cache  # Whoever opens it has no session yet, by which the middleware would know.
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of an invited person: they choose a name and a password, and are in."""
    if request.user.is_authenticated:
        raise Conflict(_("You are signed in already. Sign out first, or hand the link to whom it is for."))
    found = invitations.load_invitation(secret)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            with few_at_once():
                user = join(
                    secret=secret,
                    username=data["username"],
                    display_name=data["display_name"],
                    password=data["password"],
                )
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            login(request, user)
            messages.success(request, _("Welcome, %(name)s. Your account is made.") % {"name": user.shown_name})
            return redirect("home")
    context = {"form": form, "role": found.get_role_display(), "by": found.invited_by}
    return render(request, "people/invitation.html", context, status=422 if form.errors else 200)


def _admin(request: HttpRequest) -> User:
    user = cast(User, request.user)
    check_can_keep_accounts(actor=user)
    return user


def _person(pk: int) -> User:
    found = with_limits(described(User.objects.filter(pk=pk))).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found
