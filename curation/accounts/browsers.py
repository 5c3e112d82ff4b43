"""What a browser calls itself, in words that tell somebody which of their devices it is."""

# Most browsers name others too, for sites that know only those: the first that fits is the one.
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Vivaldi": "Vivaldi", "Firefox/": "Firefox",
    "FxiOS": "Firefox", "CriOS": "Chrome", "Chromium": "Chromium", "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS",
    "Macintosh": "macOS", "Linux": "Linux",
}  # fmt: skip
LONGEST_LOOKED_AT = 1_000


def browser_of(agent: str) -> str:
    """Return browser and system by the header User-Agent, such as "Firefox, Linux"; empty where neither is known."""
    looked_at = agent[:LONGEST_LOOKED_AT]
    names = [next((name for sign, name in known.items() if sign in looked_at), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, names))
