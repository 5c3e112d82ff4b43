from curation.webhooks.models.delivery import Delivery, DeliveryState, Message
from curation.webhooks.models.endpoint import Endpoint, PausedBecause

__all__ = ["Delivery", "DeliveryState", "Endpoint", "Message", "PausedBecause"]
