import { bearer, http, pipeline, postgres } from "millrace";

/** Repositories and the issues of each; how the pages follow one another is found out. Issues are read where they are new. */
export default pipeline("repositories", {
  source: http({
    baseUrl: process.env["API_URL"] ?? "http://127.0.0.1:8080",
    auth: bearer(() => process.env["API_TOKEN"] ?? ""),
    resources: {
      repos: { path: "/user/repos", key: ["id"] },
      // prettier-ignore
      issues: { parent: "repos", path: "/repos/{repos.name}/issues", include: { repo_id: "id" }, key: ["id"], cursor: { field: "updated_at", param: "since" } },
    },
  }),
  destination: postgres().tables({ repos: { mode: "merge" }, issues: { mode: "upsert" } }),
});
