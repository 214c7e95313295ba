"""How well the estimator does against simulated patients whose truth is known."""
