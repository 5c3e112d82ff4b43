from django.urls import path

from curation.research.views import feeds, outcomes, reports, rows

DATASET = "datasets/<slug:org>/<slug:name>/"
ROWS = DATASET + "<str:version>/rows/"

urlpatterns = [
    path("datasets/waiting/", reports.waiting, name="research_waiting"),
    path("datasets/feed.atom", feeds.all_feed, name="feed"),
    path(DATASET + "feed.atom", feeds.dataset_feed, name="dataset_feed"),
    path(DATASET + "problems/", reports.report_list, name="report_list"),
    path(DATASET + "problems/<uuid:uuid>/", reports.report, name="report"),
    path(DATASET + "problems/<uuid:uuid>/answer/", reports.report_answer, name="report_answer"),
    path(DATASET + "problems/<uuid:uuid>/finish/", reports.report_finish, name="report_finish"),
    path(DATASET + "outcomes/", outcomes.outcome_list, name="outcome_list"),
    path(DATASET + "outcomes/<int:pk>/decide/", outcomes.outcome_decide, name="outcome_decide"),
    path(DATASET + "<str:version>/outcomes/new/", outcomes.outcome_new, name="outcome_new"),
    path(ROWS, rows.rows, name="release_rows"),
    path(ROWS + "read/", rows.read, name="release_rows_read"),
    path(ROWS + "<slug:split>/<int:row>/", rows.row, name="release_row"),
    path(ROWS + "<slug:split>/<int:row>/report/", reports.report_new, name="report_new"),
    path(DATASET + "<str:version>/stories/<str:public_id>/", rows.story, name="release_story"),
]
