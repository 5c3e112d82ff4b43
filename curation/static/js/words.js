// Sentences come from the page with their {places} named, so that each language orders its own words.
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
