export { StreamLanding, type LandingLimits, type LandingState, type RunPushed } from "./landing/stream-landing.ts";
