"""Further formats of the stories, which a release has when it was asked for with them."""

from django.utils.translation import gettext_lazy as _

# What each is for, as the card says it, and as the form does.
JSONL, MESSAGES, TEXT = "jsonl", "messages", "text"
PURPOSES = {
    JSONL: "the rows of `stories` as JSON, one a line",
    MESSAGES: "for chat training: `messages` of every story whose prompt is stored, as JSON, one a line",
    TEXT: "plain text: each story under its control tag, and `<|end|>` after it; `<|` in a story is written `< |`",
}
CHOICES = [
    (JSONL, _("JSONL: all fields of the stories, a line each")),
    (MESSAGES, _("Chat JSONL: “messages” of the stories whose prompt is stored")),
    (TEXT, _("Plain text, each story under its control tag")),
]
SUFFIXES = {JSONL: ".jsonl", MESSAGES: ".jsonl", TEXT: ".txt"}
