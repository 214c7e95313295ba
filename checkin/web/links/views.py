"""What links in messages open: one prompt to answer, one list to leave."""

from flask import Blueprint

links = Blueprint("links", __name__)
