/** Every address of the client: its page, its title, and the role it is for. */
import { Home } from "./pages/home.js";
import { How } from "./pages/how.js";
import { Terms } from "./pages/terms.js";
import { Join, SignIn } from "./pages/sign-in.js";
import { PolicyPage } from "./pages/policy.js";
import { ReviewCase } from "./pages/review-case.js";
import { ReviewQueue } from "./pages/review-queue.js";
import { Submit } from "./pages/submit.js";
import { Tracks } from "./pages/tracks.js";
import { Track } from "./pages/track.js";

/** @type {{path: string, title: string, page: any, role?: string, wide?: boolean}[]} */
export const ROUTES = [
  { path: "/", title: "Welcome", page: Home, wide: true },
  { path: "/how", title: "How it works", page: How },
  { path: "/terms", title: "Contribution terms", page: Terms },
  { path: "/sign-in", title: "Sign in", page: SignIn },
  { path: "/join", title: "Create an account", page: Join },
  { path: "/submit", title: "Give tracks", page: Submit, role: "contributor" },
  { path: "/tracks", title: "My tracks", page: Tracks, role: "contributor" },
  { path: "/tracks/:id", title: "Track", page: Track, role: "contributor" },
  { path: "/review", title: "Review", page: ReviewQueue, role: "reviewer" },
  { path: "/review/:id", title: "Evidence", page: ReviewCase, role: "reviewer", wide: true },
  { path: "/policy", title: "Policy", page: PolicyPage, role: "contributor" },
];
