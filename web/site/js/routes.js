/** Every address of the client: its page, its title, and the role it is for. */
import { AccountPage } from "./pages/account.js";
import { Appeals } from "./pages/appeals.js";
import { BulkPage } from "./pages/bulk.js";
import { Claim, Claims } from "./pages/claims.js";
import { Flags } from "./pages/flags.js";
import { Held } from "./pages/held.js";
import { Home } from "./pages/home.js";
import { How } from "./pages/how.js";
import { InvitationPage } from "./pages/invitation.js";
import { Listing } from "./pages/listing.js";
import { Messages } from "./pages/messages.js";
import { ModelChecks, ModelsChecked } from "./pages/model-checks.js";
import { Model, Models } from "./pages/models.js";
import { NamesPage } from "./pages/names.js";
import { ClaimOutput, Output, Outputs } from "./pages/outputs.js";
import { Packs } from "./pages/packs.js";
import { PeoplePage } from "./pages/people.js";
import { Proofs } from "./pages/proofs.js";
import { Releases } from "./pages/releases.js";
import { Licence, Terms } from "./pages/terms.js";
import { Verify } from "./pages/verify.js";
import { Join, SignIn } from "./pages/sign-in.js";
import { PolicyPage } from "./pages/policy.js";
import { ClaimStatus, Report } from "./pages/report.js";
import { ReviewCase } from "./pages/review-case.js";
import { ReviewQueue } from "./pages/review-queue.js";
import { Statistics } from "./pages/statistics.js";
import { Suspensions } from "./pages/suspensions.js";
import { Submit } from "./pages/submit.js";
import { Tracks } from "./pages/tracks.js";
import { Track } from "./pages/track.js";

/** @type {{path: string, title: string, page: any, role?: string, wide?: boolean}[]} */
export const ROUTES = [
  { path: "/", title: "Welcome", page: Home, wide: true },
  { path: "/how", title: "How it works", page: How },
  { path: "/terms", title: "Contribution terms", page: Terms },
  { path: "/licence", title: "Licence for generated music", page: Licence },
  { path: "/verify", title: "Verify a certificate or a file", page: Verify },
  { path: "/outputs", title: "My outputs", page: Outputs, role: "contributor" },
  { path: "/outputs/:id", title: "Export an output", page: Output, role: "contributor" },
  { path: "/outputs/claim/:id/:code", title: "Claim an output", page: ClaimOutput, role: "contributor" },
  { path: "/sign-in", title: "Sign in", page: SignIn },
  { path: "/join", title: "Create an account", page: Join },
  { path: "/statistics", title: "The vault in figures", page: Statistics },
  { path: "/report", title: "Report an infringement", page: Report },
  { path: "/claim", title: "Your report", page: ClaimStatus },
  { path: "/invitation", title: "An invitation", page: InvitationPage },
  { path: "/consent/:id", title: "Your consent", page: Held, role: "contributor" },
  { path: "/submit", title: "Give tracks", page: Submit, role: "contributor" },
  { path: "/tracks", title: "My tracks", page: Tracks, role: "contributor" },
  { path: "/tracks/:id", title: "Track", page: Track, role: "contributor" },
  { path: "/review", title: "Review", page: ReviewQueue, role: "reviewer" },
  { path: "/review/:id", title: "Evidence", page: ReviewCase, role: "reviewer", wide: true },
  { path: "/appeals", title: "Appeals", page: Appeals, role: "reviewer" },
  { path: "/claims", title: "Claims", page: Claims, role: "reviewer" },
  { path: "/claims/:id", title: "Claim", page: Claim, role: "reviewer", wide: true },
  { path: "/flags", title: "Flags", page: Flags, role: "reviewer" },
  { path: "/model-checks", title: "Outputs by model", page: ModelsChecked, role: "reviewer" },
  { path: "/model-checks/:id", title: "Outputs of a model", page: ModelChecks, role: "reviewer", wide: true },
  { path: "/suspensions", title: "Suspensions", page: Suspensions, role: "reviewer" },
  { path: "/proofs", title: "Proofs", page: Proofs, role: "reviewer" },
  { path: "/releases", title: "My releases", page: Releases, role: "contributor" },
  { path: "/listing", title: "What is in the vault", page: Listing, role: "contributor" },
  { path: "/packs", title: "Packs", page: Packs, role: "contributor" },
  { path: "/models", title: "Models", page: Models, role: "contributor" },
  { path: "/models/:id", title: "Model", page: Model, role: "contributor" },
  { path: "/account", title: "Your account", page: AccountPage, role: "contributor" },
  { path: "/messages", title: "Messages", page: Messages, role: "contributor" },
  { path: "/people", title: "People", page: PeoplePage, role: "admin" },
  { path: "/holds", title: "Holds", page: BulkPage, role: "admin" },
  { path: "/names", title: "Names", page: NamesPage, role: "admin" },
  { path: "/policy", title: "Policy", page: PolicyPage, role: "contributor" },
];
