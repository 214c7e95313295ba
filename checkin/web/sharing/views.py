"""Who can see a patient's record, decided by the patient."""

from flask import Blueprint

sharing = Blueprint("sharing", __name__)
