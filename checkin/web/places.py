"""Every place of the house, in one list."""

from flask import Blueprint

from checkin.web.account.views import account
from checkin.web.appointments import calendars, hours, planning
from checkin.web.appointments.views import appointments
from checkin.web.clinic import delivery, people, settings
from checkin.web.clinic.views import clinic
from checkin.web.downloads.views import downloads
from checkin.web.health.views import health
from checkin.web.help.views import help_now
from checkin.web.infusions.views import infusions
from checkin.web.links.views import links
from checkin.web.patient.check_in import patient
from checkin.web.phone.views import phone
from checkin.web.reminders import later, number
from checkin.web.reminders.views import reminders
from checkin.web.sharing.views import sharing
from checkin.web.shell.views import shell
from checkin.web.texts.views import texts
from checkin.web.therapist.views import therapist

# Modules that add pages to a place another module opened.
MORE_PAGES = (calendars, delivery, hours, later, number, people, planning, settings)

PLACES: tuple[Blueprint, ...] = (
    account,
    appointments,
    clinic,
    downloads,
    health,
    help_now,
    infusions,
    links,
    patient,
    phone,
    reminders,
    sharing,
    shell,
    texts,
    therapist,
)

# These views look at the form token themselves: a check-in left open too long must keep its answers, and a
# one-click unsubscribe comes from a mail program without any (RFC 8058); it can only stop messages. What the
# provider of texts sends is signed.
CHECKS_ITS_OWN_TOKEN = (
    "checkin.web.appointments.hours.upload_busy",
    "checkin.web.links.views.send",
    "checkin.web.links.views.send_change",
    "checkin.web.links.views.stop",
    "checkin.web.reminders.later.opened",
    "checkin.web.reminders.later.opened_by_link",
    "checkin.web.reminders.later.shown_by_link",
    "checkin.web.texts.views.callback",
    "checkin.web.patient.check_in.send_check_in",
    "checkin.web.patient.check_in.send_prompt",
    "checkin.web.patient.check_in.send_change",
    "checkin.web.patient.check_in.send_change_unprompted",
)
