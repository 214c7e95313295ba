"""Who can see a patient's record, decided by the patient."""
