"""The response window: when a patient is probably well enough, as an estimate with its uncertainty.

``estimator.estimate(History, as_of=…, criterion=…) -> Estimate`` is the one way in; ``values`` holds what
goes in and comes out (``History``, ``Answer``, ``Criterion``; ``Estimate``, ``State``, ``Interval``,
``Level``), ``table`` reads histories from rows, ``states`` names the state.

Only ``draws``, ``curves``, ``noise``, ``pool``, ``evidence``, ``posterior``, ``openings`` and
``estimator`` need numpy; the rest does without, so that what only shows stored estimates never loads it.
"""
