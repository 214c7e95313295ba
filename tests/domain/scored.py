"""Histories to estimate from: scores at hours after one infusion."""

from checkin.domain.window.values import Answer, History

STEADY = ((4.0, 9.0), (24.0, 5.0), (48.0, 5.0), (72.0, 4.0), (96.0, 5.0))
FALLING = (*STEADY, (120.0, 6.0), (168.0, 8.0), (216.0, 15.0), (264.0, 17.0))


def history(*answers: tuple[float, float], baseline: float = 17.0) -> History:
    """One infusion, two baselines and these answers."""
    before = (Answer(hours=-14, score=baseline), Answer(hours=-2, score=baseline))
    return History(infusions=(0.0,), answers=before + tuple(Answer(hours=h, score=s) for h, s in answers))
