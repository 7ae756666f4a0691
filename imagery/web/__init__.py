"""The network: a guarded client, and the signatures that archives ask for."""

from imagery.web.address import Trust, checked, shown
from imagery.web.bodies import Part, Received
from imagery.web.client import Answers, Web
from imagery.web.exchange import Dial
from imagery.web.patience import Patience

__all__ = [
    "Answers",
    "Dial",
    "Part",
    "Patience",
    "Received",
    "Trust",
    "Web",
    "checked",
    "shown",
]
