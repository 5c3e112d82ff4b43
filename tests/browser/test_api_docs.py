"""The description of the API as a page."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener


def test_it_is_drawn_in_the_colours_of_the_theme_also_once_that_changes(open_site: Opener) -> None:
    page = open_site(scheme="dark")
    page.goto("/api/docs/")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    background = "() => getComputedStyle(document.querySelector('#swagger')).backgroundColor"
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    # Written as a function: an expression would be refused by the policy of the page once it is asked a second time.
    page.wait_for_function(f"dark => ({background})() !== dark", arg=dark)
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"dark => ({background})() === dark", arg=dark)
