import { type Permission, PERMISSIONS, type PullRequest } from "../../domain/pull-requests/pull-request.ts";
import type { CommitReport, Scm } from "../scm.ts";
import type { GitHubClient, GitHubClients } from "./client.ts";

/** Most files of a pull request that GitHub lists. @see https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files */
const MOST_FILES = 3000;
/** Items of a page, the most that GitHub has. */
const per_page = 100;
/**
 * For what makes something new: it may be there though the answer says otherwise. Who asks again looks for it first.
 */
const ONCE = { request: { retries: 0 } } as const;
/** Name of the commit's status, which branch protection may require. */
const CONTEXT = "terrarium/preview";

const STATUS = { pending: "pending", success: "success", failure: "failure", inactive: "success" } as const;
const DEPLOYMENT = { pending: "in_progress", success: "success", failure: "failure", inactive: "inactive" } as const;

/** Pull requests of a GitHub. */
export function gitHubScm(clients: GitHubClients): Scm {
  const at = async (repository: string) => {
    const [owner = "", repo = ""] = repository.split("/");
    return { client: await clients.of(owner, repo), owner, repo };
  };
  return {
    async listOpen(repository) {
      const { client, owner, repo } = await at(repository);
      const query = { owner, repo, state: "open", sort: "created", direction: "asc", per_page } as const;
      const pulls = await client.paginate("GET /repos/{owner}/{repo}/pulls", query);
      return pulls.map(toPullRequest);
    },
    async read(repository, pull_number) {
      const { client, owner, repo } = await at(repository);
      const answer = await orUndefined(
        client.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { owner, repo, pull_number }),
      );
      return answer && toPullRequest(answer.data);
    },
    async changedFiles(repository, pull_number) {
      const { client, owner, repo } = await at(repository);
      const files = await client.paginate("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", {
        ...{ owner, repo, pull_number, per_page },
      });
      const paths = files.flatMap(({ filename, previous_filename: before }) =>
        before === undefined ? [filename] : [filename, before],
      );
      return { paths, isComplete: files.length < MOST_FILES };
    },
    async comments(repository, issue_number) {
      const { client, owner, repo } = await at(repository);
      const comments = await client.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        ...{ owner, repo, issue_number, per_page },
      });
      return comments.map(({ id, user, body, created_at, updated_at }) => ({
        id: Number(id),
        author: user?.login ?? "",
        text: body ?? "",
        isUnchanged: created_at === updated_at,
      }));
    },
    async permissionOf(repository, username) {
      const { client, owner, repo } = await at(repository);
      const answer = await orUndefined(
        client.request("GET /repos/{owner}/{repo}/collaborators/{username}/permission", { owner, repo, username }),
      );
      return answer ? toPermission(answer.data.role_name, answer.data.permission) : "none";
    },
    async self(repository) {
      const app = await clients.ofApp();
      if (app) return `${(await app.request("GET /app")).data?.slug ?? ""}[bot]`;
      const { client } = await at(repository);
      return (await client.request("GET /user")).data.login;
    },
    async createComment(repository, issue_number, body) {
      const { client, owner, repo } = await at(repository);
      const path = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
      return Number((await client.request(path, { owner, repo, issue_number, body, ...ONCE })).data.id);
    },
    async updateComment(repository, comment_id, body) {
      const { client, owner, repo } = await at(repository);
      const path = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
      return (await orUndefined(client.request(path, { owner, repo, comment_id, body }))) !== undefined;
    },
    async setStatus(repository, { commit: sha, state, summary, url }) {
      const { client, owner, repo } = await at(repository);
      await client.request("POST /repos/{owner}/{repo}/statuses/{sha}", {
        ...{ owner, repo, sha, context: CONTEXT, state: STATUS[state], description: summary.slice(0, 140) },
        ...(url === undefined ? {} : { target_url: url }),
      });
    },
    async setDeployment(repository, report) {
      const { client, owner, repo } = await at(repository);
      const deployment_id = await deploymentOf(client, { owner, repo }, report);
      if (deployment_id === undefined) return;
      await client.request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
        ...{ owner, repo, deployment_id, state: DEPLOYMENT[report.state] },
        description: report.summary.slice(0, 140),
        ...(report.url === undefined ? {} : { environment_url: report.url }),
      });
    },
  };
}

type Repository = Readonly<Record<"owner" | "repo", string>>;

/** The deployment of a commit. @returns undefined where there is none to tell of any more, or GitHub makes none of it. */
async function deploymentOf(
  client: GitHubClient,
  { owner, repo }: Repository,
  { commit: sha, environment, state, summary }: CommitReport,
): Promise<number | undefined> {
  const known = await client.request("GET /repos/{owner}/{repo}/deployments", { owner, repo, sha, environment });
  const [first] = known.data;
  if (first) return Number(first.id);
  if (state === "inactive") return undefined;
  const made = await client
    .request("POST /repos/{owner}/{repo}/deployments", {
      ...{ owner, repo, ref: sha, environment, description: summary.slice(0, 140), required_contexts: [] },
      ...{ auto_merge: false, transient_environment: true, production_environment: false },
      ...ONCE,
    })
    .catch((error: unknown) => {
      // Commits that are in a fork alone are not always taken.
      if (statusOf(error) === 422) return undefined;
      throw error;
    });
  return made !== undefined && "id" in made.data ? Number(made.data.id) : undefined;
}

/** What both of GitHub's forms of a pull request have. */
interface GitHubPullRequest {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean | undefined;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly sha: string; readonly ref: string; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly ref: string; readonly repo: { readonly full_name: string } };
  readonly labels: readonly { readonly name: string }[];
}

function toPullRequest({
  number,
  html_url,
  state,
  draft = false,
  user,
  head,
  base,
  labels,
}: GitHubPullRequest): PullRequest {
  return {
    number,
    url: html_url,
    isOpen: state === "open",
    isDraft: draft,
    // A fork that was deleted is none any more, and still not the repository itself.
    isFork: head.repo?.full_name !== base.repo.full_name,
    author: user?.login ?? "",
    commit: head.sha,
    branch: head.ref,
    base: base.ref,
    labels: labels.map(({ name }) => name),
  };
}

/** Roles that an organisation made up count as the one that they are built on. */
function toPermission(role: string, permission: string): Permission {
  return [role, permission].map((each) => PERMISSIONS.find((known) => known === each)).find(Boolean) ?? "none";
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error ? Number(error.status) : undefined;
}
