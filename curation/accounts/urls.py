from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from curation.accounts import token_views, views

urlpatterns: list[URLPattern] = [
    path("accounts/login/", views.SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/password/", views.ChangePassword.as_view(), name="password_change"),
    path("accounts/password/done/", RedirectView.as_view(pattern_name="home"), name="password_change_done"),
    path("accounts/tokens/", token_views.tokens, name="tokens"),
    path("accounts/tokens/<int:pk>/revoke/", token_views.token_revoke, name="token_revoke"),
    path("accounts/sessions/end/", views.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("accounts/sessions/<int:pk>/end/", views.sign_out_there, name="sign_out_there"),
    path("accounts/preferences/", views.preferences, name="preferences"),
    path("accounts/preferences/part/", views.preferences_part, name="preferences_part"),
]
