"""Who may call which route. A route that is not in this table is refused to everybody."""

from enum import Enum

from checkin.domain.person import Role


class Access(Enum):
    """``PUBLIC``: anybody. ``LINK``: anybody, and the service checks the token or signature it bears.

    ``SIGNED_IN``: any role. The rest name one role; what of a patient may be seen is checked by the service.
    """

    PUBLIC = "public"
    LINK = "link"
    SIGNED_IN = "signed in"
    PATIENT = Role.PATIENT
    THERAPIST = Role.THERAPIST
    STAFF = Role.STAFF


RULES: dict[str, Access] = {
    "static": Access.PUBLIC,
    "help.show": Access.PUBLIC,
    # shell: what a phone keeps of the product itself
    "shell.manifest": Access.PUBLIC,
    "shell.worker": Access.PUBLIC,
    "shell.offline": Access.PUBLIC,
    "shell.help_page": Access.PUBLIC,
    "shell.home_screen": Access.PUBLIC,
    # health: the figures are for this machine or a token
    "health.live": Access.PUBLIC,
    "health.ready": Access.PUBLIC,
    "health.metrics": Access.LINK,
    # account
    "account.sign_in": Access.PUBLIC,
    "account.send_sign_in": Access.PUBLIC,
    "account.reset": Access.PUBLIC,
    "account.send_reset": Access.PUBLIC,
    "account.new_password": Access.LINK,
    "account.set_new_password": Access.LINK,
    "account.welcome": Access.LINK,
    "account.accept": Access.LINK,
    "account.sign_out": Access.SIGNED_IN,
    "account.home": Access.SIGNED_IN,
    "account.show": Access.SIGNED_IN,
    "account.end_sign_in": Access.SIGNED_IN,
    "account.end_others": Access.SIGNED_IN,
    "account.save_look": Access.SIGNED_IN,
    "account.confirm": Access.SIGNED_IN,
    "account.send_confirmation": Access.SIGNED_IN,
    "account.password": Access.SIGNED_IN,
    "account.change_password": Access.SIGNED_IN,
    # links
    "links.answer": Access.LINK,
    "links.send": Access.LINK,
    "links.change": Access.LINK,
    "links.send_change": Access.LINK,
    "links.saved": Access.LINK,
    "links.interruption": Access.LINK,
    "links.unsubscribe": Access.LINK,
    "links.stop": Access.LINK,
    # patient
    "patient.home": Access.PATIENT,
    "patient.chart": Access.PATIENT,
    "patient.preferences": Access.PATIENT,
    "patient.save_preferences": Access.PATIENT,
    "patient.check_in": Access.PATIENT,
    "patient.send_check_in": Access.PATIENT,
    "patient.saved_unprompted": Access.PATIENT,
    "patient.change_unprompted": Access.PATIENT,
    "patient.send_change_unprompted": Access.PATIENT,
    "patient.prompt": Access.PATIENT,
    "patient.send_prompt": Access.PATIENT,
    "patient.change": Access.PATIENT,
    "patient.send_change": Access.PATIENT,
    "patient.saved": Access.PATIENT,
    "patient.interruption": Access.PATIENT,
    # infusions: staff, a therapist with the right, or the patient; the service looks
    "infusions.new": Access.SIGNED_IN,
    "infusions.record": Access.SIGNED_IN,
    "infusions.show": Access.SIGNED_IN,
    "infusions.correct": Access.SIGNED_IN,
    "infusions.save_correction": Access.SIGNED_IN,
    "infusions.cancel": Access.SIGNED_IN,
    # appointments: both people move and cancel; the service looks whose it is
    "appointments.mine": Access.PATIENT,
    "appointments.pick": Access.PATIENT,
    "appointments.decline": Access.PATIENT,
    "appointments.ask_to_cancel": Access.SIGNED_IN,
    "appointments.cancel": Access.SIGNED_IN,
    "appointments.choose_other": Access.SIGNED_IN,
    "appointments.move": Access.SIGNED_IN,
    "appointments.planned": Access.THERAPIST,
    "appointments.find": Access.THERAPIST,
    "appointments.propose": Access.THERAPIST,
    "appointments.hours": Access.THERAPIST,
    "appointments.save_hours": Access.THERAPIST,
    "appointments.add_exception": Access.THERAPIST,
    "appointments.remove_exception": Access.THERAPIST,
    "appointments.upload_busy": Access.THERAPIST,
    "appointments.forget_busy": Access.THERAPIST,
    "appointments.calendar": Access.SIGNED_IN,
    "appointments.make_calendar": Access.SIGNED_IN,
    "appointments.end_calendar": Access.SIGNED_IN,
    "appointments.feed": Access.LINK,
    # sharing
    "sharing.show": Access.PATIENT,
    "sharing.invite": Access.PATIENT,
    "sharing.send_invitation": Access.PATIENT,
    "sharing.choose": Access.PATIENT,
    "sharing.give": Access.PATIENT,
    "sharing.stop": Access.PATIENT,
    # therapist: the page is for whoever holds a grant, staff too; the service looks
    "therapist.list_patients": Access.THERAPIST,
    "therapist.patient_page": Access.SIGNED_IN,
    "therapist.share_window": Access.THERAPIST,
    "therapist.withdraw_window": Access.THERAPIST,
    # clinic
    "clinic.today": Access.STAFF,
    "clinic.acknowledge": Access.STAFF,
    "clinic.patient_file": Access.STAFF,
    "clinic.list_people": Access.STAFF,
    "clinic.invite": Access.STAFF,
    "clinic.send_invitation": Access.STAFF,
    "clinic.invite_again": Access.STAFF,
    "clinic.disable": Access.STAFF,
    "clinic.enable": Access.STAFF,
    "clinic.discharge": Access.STAFF,
    "clinic.take_back": Access.STAFF,
    "clinic.contact": Access.STAFF,
    "clinic.save_contact": Access.STAFF,
    "clinic.send_test": Access.STAFF,
    "clinic.send_again": Access.STAFF,
    "clinic.settings": Access.STAFF,
    "clinic.save_settings": Access.STAFF,
    "clinic.library": Access.STAFF,
    "clinic.audit": Access.STAFF,
    # reminders: the patient's control; by link, what a message's link may do
    "reminders.show": Access.PATIENT,
    "reminders.arrange": Access.PATIENT,
    "reminders.quiet": Access.PATIENT,
    "reminders.pause": Access.PATIENT,
    "reminders.resume": Access.PATIENT,
    "reminders.send_test": Access.PATIENT,
    "reminders.zone": Access.PATIENT,
    "reminders.remove_phone": Access.PATIENT,
    "reminders.number": Access.PATIENT,
    "reminders.save_number": Access.PATIENT,
    "reminders.confirm_number": Access.PATIENT,
    "reminders.remove_number": Access.PATIENT,
    "reminders.later": Access.PATIENT,
    "reminders.put_off_prompt": Access.PATIENT,
    "reminders.opened": Access.PATIENT,
    "reminders.later_by_link": Access.LINK,
    "reminders.put_off_by_link": Access.LINK,
    "reminders.opened_by_link": Access.LINK,
    "reminders.shown_by_link": Access.LINK,
    # phone: what scripts tell about pushes
    "phone.notices": Access.SIGNED_IN,
    "phone.show": Access.SIGNED_IN,
    "phone.confirm": Access.SIGNED_IN,
    "phone.drop": Access.SIGNED_IN,
    # texts: the service checks the provider's signature
    "texts.callback": Access.LINK,
    # downloads
    "downloads.my_record": Access.PATIENT,
    "downloads.offer": Access.SIGNED_IN,
    "downloads.patient_record": Access.SIGNED_IN,
}

# Acts that ask for the password again, unless it was given a short time ago, and the page to go on from then.
# A new password asks for the one before in its own form. Patients take their own record along at any time.
STEP_UP = {
    "account.end_sign_in": "account.show",
    "account.end_others": "account.show",
    "reminders.number": "reminders.number",
    "reminders.save_number": "reminders.number",
    "reminders.remove_number": "reminders.number",
    "downloads.offer": "downloads.offer",
    "downloads.patient_record": "downloads.offer",
}
