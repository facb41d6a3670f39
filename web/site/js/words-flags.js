/** What a flag can be about, and what becomes of it. */
export const ABOUT = {
  infringement: "It looks like somebody else's music",
  wrong_details: "Its title, artist or other details are wrong",
  not_music: "It is no music",
  other: "Something else",
};
