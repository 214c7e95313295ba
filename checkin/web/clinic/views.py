"""Where staff stand: today, people, infusions, settings."""

from flask import Blueprint

clinic = Blueprint("clinic", __name__)
