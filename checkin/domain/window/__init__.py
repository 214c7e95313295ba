"""The response window: when a patient is probably well enough, as an estimate with its uncertainty.

Only ``draws``, ``curves``, ``noise``, ``posterior``, ``openings`` and ``estimator`` need numpy; the values,
the states and the reading of tables do without, so that what only shows stored estimates never loads it.
"""
