"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, include, path

from curation.api.views import (
    adjudication,
    datasets,
    docs,
    fills,
    me,
    members,
    preparing,
    queues,
    releases,
    reviewing,
    reviews,
    tokens,
)

DATASET = "datasets/<slug:org>/<slug:name>"
RELEASE = f"{DATASET}/releases/<str:version>"
REVIEWING: list[URLPattern | URLResolver] = [
    path("queues", queues.Queues.as_view(), name="queues"),
    path("queues/<slug:slug>", queues.OneQueue.as_view(), name="queue"),
    path("queues/<slug:slug>/progress", queues.QueueProgress.as_view(), name="queue_progress"),
    path("queues/<slug:slug>/passes", queues.QueuePasses.as_view(), name="queue_passes"),
    path("queues/<slug:slug>/members", members.Members.as_view(), name="members"),
    path("queues/<slug:slug>/members/<str:username>", members.OneMember.as_view(), name="member"),
    path("queues/<slug:slug>/judges", fills.QueueJudges.as_view(), name="queue_judges"),
    path("queues/<slug:slug>/fitting", fills.Fitting.as_view(), name="queue_fitting"),
    path("queues/<slug:slug>/fills", fills.Fills.as_view(), name="fills"),
    path("queues/<slug:slug>/fills/<int:pk>", fills.OneFill.as_view(), name="fill"),
    path("queues/<slug:slug>/fills/<int:pk>/retry", fills.FillRetry.as_view(), name="fill_retry"),
    path("queues/<slug:slug>/claims", reviewing.Claims.as_view(), name="claims"),
    path("assignments", reviewing.Assignments.as_view(), name="assignments"),
    path("assignments/<int:pk>", reviewing.OneAssignment.as_view(), name="assignment"),
    path("assignments/<int:pk>/resume", reviewing.Resuming.as_view(), name="assignment_resume"),
    path("assignments/<int:pk>/draft", reviewing.OneDraft.as_view(), name="draft"),
    path("assignments/<int:pk>/review", reviewing.Reviewing.as_view(), name="assignment_review"),
    path("assignments/<int:pk>/pass", reviewing.Passing.as_view(), name="assignment_pass"),
    path("reviews", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/<int:pk>", reviews.OneReview.as_view(), name="review"),
    path("reviews/<int:pk>/withdrawal", reviews.Withdrawing.as_view(), name="review_withdrawal"),
    path("reviews/<int:pk>/revisions", reviews.Revisions.as_view(), name="review_revisions"),
    path("reviews/<int:pk>/comparison", reviews.Comparing.as_view(), name="review_comparison"),
    path("consent", preparing.Consent.as_view(), name="consent"),
    path("practice", preparing.Practice.as_view(), name="practice"),
    path("practice/<int:number>", preparing.OnePractice.as_view(), name="practice_story"),
    path("practice/<int:number>/attempts", preparing.PracticeAttempts.as_view(), name="practice_attempts"),
    path("guidelines", preparing.Guidelines.as_view(), name="guidelines"),
    path("adjudications", adjudication.Adjudications.as_view(), name="adjudications"),
    path("adjudications/<int:story_id>", adjudication.Adjudication.as_view(), name="adjudication"),
    path("decisions", adjudication.Decisions.as_view(), name="decisions"),
    path("decisions/<int:pk>", adjudication.OneDecision.as_view(), name="decision"),
    path("decisions/<int:pk>/undo", adjudication.DecisionUndo.as_view(), name="decision_undo"),
]
v1: list[URLPattern | URLResolver] = [
    path("me", me.Me.as_view(), name="me"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>", tokens.OneToken.as_view(), name="token"),
    path("datasets", datasets.Datasets.as_view(), name="datasets"),
    path(DATASET, datasets.OneDataset.as_view(), name="dataset"),
    path(f"{DATASET}/outlook", datasets.DatasetOutlook.as_view(), name="dataset_outlook"),
    path(f"{DATASET}/releases", releases.Releases.as_view(), name="releases"),
    path(RELEASE, releases.OneRelease.as_view(), name="release"),
    path(f"{RELEASE}/retry", releases.ReleaseRetry.as_view(), name="release_retry"),
    path(f"{RELEASE}/files", releases.ReleaseFiles.as_view(), name="release_files"),
    path(f"{RELEASE}/files/<path:path>", releases.ReleaseFileContent.as_view(), name="release_file"),
    path(f"{RELEASE}/zip", releases.ReleaseZip.as_view(), name="release_zip"),
    *REVIEWING,
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include((v1, "api"))),
    path("api/schema/", docs.schema, name="api_schema"),
    path("api/docs/", docs.docs, name="api_docs"),
]
