"""How pages tell decisions."""

from django import template

from annotations.telling import told_reasons

register = template.Library()
register.filter(told_reasons)
