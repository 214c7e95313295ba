"""Files to take along."""

from flask import Blueprint

downloads = Blueprint("downloads", __name__)
