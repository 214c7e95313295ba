"""Where a therapist stands: the list by need and one patient's page."""

from flask import Blueprint

therapist = Blueprint("therapist", __name__)
