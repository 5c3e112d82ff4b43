"""What a dataset has: its versions, and the files of one."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from curation.hub.callers import Caller, for_clients
from curation.hub.describing import date_of, entries, sibling, with_commit, written
from curation.hub.finding import (
    MAIN,
    commit_of,
    find_dataset,
    find_release,
    gate_of,
    headers_of,
    newest,
    no_file,
    tagged,
)
from curation.releases.models import Release
from curation.releases.models.dataset import Visibility
from curation.releases.queries.pages import listed_files

CLOSED = {Visibility.PRIVATE, Visibility.SIGNED_IN}
YES = {"true", "1"}


def of_commit(release: Release, told: Any) -> JsonResponse:
    """Answer with what is told of one version."""
    return JsonResponse(told, safe=False, headers=headers_of(release))


@require_safe
@for_clients
def revision(request: HttpRequest, caller: Caller, org: str, name: str, revision: str = MAIN) -> HttpResponseBase:
    """Describe a dataset at a revision, with its files."""
    release = find_release(caller, org, name, revision)
    blobs = request.GET.get("blobs", "").lower() in YES
    told = {
        "id": f"{org}/{name}",
        "author": org,
        "sha": commit_of(release),
        "private": release.dataset.visibility in CLOSED,
        "gated": gate_of(release.dataset),
        "disabled": False,
        "createdAt": written(release.dataset.created_at),
        "lastModified": date_of(release),
        # By the newest version of the dataset's card; the files, with README.md, are those of the commit.
        "description": release.dataset.description,
        "tags": [f"license:{release.dataset.license.lower()}"],
        "siblings": [sibling(file, blobs=blobs) for file in listed_files(release)],
    }
    return of_commit(release, told)


@require_safe
@for_clients
def tree(request: HttpRequest, caller: Caller, org: str, name: str, revision: str, path: str = "") -> HttpResponseBase:
    """List what lies in a folder, or in it and below."""
    release = find_release(caller, org, name, revision)
    found, folder = entries(listed_files(release)), path.strip("/")
    if folder and found.get(folder, {"type": ""})["type"] != "directory":
        raise no_file(release, path)
    start = f"{folder}/" if folder else ""
    deep = request.GET.get("recursive", "").lower() in YES
    told = [
        entry
        for where, entry in found.items()
        if where.startswith(start) and (deep or "/" not in where.removeprefix(start))
    ]
    if request.GET.get("expand", "").lower() in YES:
        told = [with_commit(entry, release) for entry in told]
    return of_commit(release, told)


@csrf_exempt  # It changes nothing; the clients send by POST because paths may be many.
@require_POST
@for_clients
def paths(request: HttpRequest, caller: Caller, org: str, name: str, revision: str) -> HttpResponseBase:
    """Describe the files and folders that are asked for; those that are not there are left out."""
    release = find_release(caller, org, name, revision)
    found = entries(listed_files(release))
    asked = dict.fromkeys(path.strip("/") for path in request.POST.getlist("paths"))
    told = [found[path] for path in asked if path in found]
    if request.POST.get("expand", "").lower() in YES:
        told = [with_commit(entry, release) for entry in told]
    return of_commit(release, told)


@require_safe
@for_clients
def refs(request: HttpRequest, caller: Caller, org: str, name: str) -> HttpResponseBase:
    """List `main` and the tags, which are the versions, withdrawn ones too."""
    dataset = find_dataset(caller, org, name)
    main = newest(dataset)
    told = {
        "branches": [{"name": MAIN, "ref": f"refs/heads/{MAIN}", "targetCommit": commit_of(main)}] if main else [],
        "converts": [],
        "tags": [
            {"name": one.version, "ref": f"refs/tags/{one.version}", "targetCommit": commit_of(one)}
            for one in tagged(dataset)
        ],
    }
    return JsonResponse(told)


@require_safe
@for_clients
def commits(request: HttpRequest, caller: Caller, org: str, name: str, revision: str) -> HttpResponseBase:
    """List the versions up to a revision, the newest first, each as the commit that it is."""
    release = find_release(caller, org, name, revision)
    told = [
        {
            "id": commit_of(one),
            "title": one.version,
            "message": one.notes,
            "authors": [{"user": org}],
            "date": date_of(one),
        }
        for one in tagged(release.dataset)
        if one.number <= release.number
    ]
    return of_commit(release, told)


@require_safe
@for_clients
def auth_check(request: HttpRequest, caller: Caller, org: str, name: str) -> HttpResponseBase:
    """Say whether the caller may read a dataset."""
    find_dataset(caller, org, name)
    return JsonResponse({})
