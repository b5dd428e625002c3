"""The full screen: draws what client/view holds, and turns keys into what it does."""
