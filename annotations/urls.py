"""Addresses of the human side."""

from django.urls import URLPattern, path

from annotations.views import adjudication, after, consent, guidelines, practice, queues, review, revising, work
from curation.core.own_pages import from_our_own_pages

urlpatterns: list[URLPattern] = [
    path("queues/", queues.queue_list, name="queue_list"),
    path("queues/<slug:slug>/", queues.queue_detail, name="queue_detail"),
    path("queues/<slug:slug>/state/", queues.queue_state, name="queue_state"),
    path("queues/<slug:slug>/practice/", queues.queue_practice, name="queue_practice"),
    path("queues/<slug:slug>/members/add/", queues.member_add, name="member_add"),
    path("queues/<slug:slug>/members/remove/", queues.member_remove, name="member_remove"),
    path("review/done/<int:review_id>/", review.done, name="review_done"),
    path("review/done/<int:review_id>/withdraw/", after.withdraw, name="review_withdraw"),
    path("review/<slug:slug>/", from_our_own_pages(review.review), name="review"),
    path("review/<slug:slug>/next/", from_our_own_pages(review.next_story), name="review_next"),
    path("review/<slug:slug>/<int:assignment>/", from_our_own_pages(review.one_assignment), name="review_assignment"),
    path("review/<slug:slug>/<int:assignment>/draft/", review.draft, name="review_draft"),
    path("review/<slug:slug>/<int:assignment>/submit/", review.submit, name="review_submit"),
    path("review/<slug:slug>/<int:assignment>/pass/", review.pass_on, name="review_pass"),
    path("review/<slug:slug>/<int:assignment>/pass/undo/", review.take_pass_back, name="review_pass_undo"),
    path("practice/", practice.practice, name="practice"),
    path("practice/<int:number>/", practice.practice_story, name="practice_story"),
    path("practice/<int:number>/feedback/", practice.practice_feedback, name="practice_feedback"),
    path("guidelines/", guidelines.guidelines, name="guidelines"),
    path("consent/", consent.consent, name="consent"),
    path("work/", work.my_work, name="my_work"),
    path("work/reviews/<int:review_id>/", work.my_review, name="my_review"),
    path("work/reviews/<int:review_id>/revise/", revising.revise, name="review_revise"),
    path("work/reviews/last/", work.last_reviews, name="last_reviews"),
    path("work/reviews.csv", work.export_csv, name="my_reviews_csv"),
    path("work/reviews.jsonl", work.export_jsonl, name="my_reviews_jsonl"),
    path("adjudication/", from_our_own_pages(adjudication.adjudication_list), name="adjudication_list"),
    path("adjudication/<int:story_id>/", from_our_own_pages(adjudication.adjudication), name="adjudicate"),
    path("adjudication/undo/<int:decision_id>/", adjudication.undo, name="adjudicate_undo"),
]
