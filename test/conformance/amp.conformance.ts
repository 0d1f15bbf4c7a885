import { refuses } from "./refuses.ts";

await refuses({
  name: "amp",
  env: (url) => ({ AMP_URL: url, AMP_API_KEY: "test-key", AMP_SKIP_UPDATE_CHECK: "1" }),
  shows: /API request for getUserInfo failed: 404/,
  asks: "POST /api/internal",
  why: "knows no other model than its makers': without a key it asks `Would you like to log in to Amp?`; with a server on loopback it sends `POST /api/internal` there and ends with `API request for getUserInfo failed`",
});
