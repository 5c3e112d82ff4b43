from django.urls import path

from curation.erasure.views import people, purges

urlpatterns = [
    path("stories/<int:pk>/purge/", purges.purge_new, name="purge_new"),
    path("purges/", purges.purge_list, name="purge_list"),
    path("purges/<int:pk>/", purges.purge_detail, name="purge"),
    path("purges/<int:pk>/move/", purges.purge_move, name="purge_move"),
    path("people/<int:pk>/erase/", people.person_erase, name="person_erase"),
]
