import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import type { ProgramArgs } from "../index.ts";
import { loadRarelyNeededLazily } from "../stacks/lazy-modules/index.ts";

/** The part of Pulumi's own language server that runs a program; its types leave it out as internal. */
interface LanguageServer {
  getRequiredPlugins: Handler;
  getPluginInfo: Handler;
  run: Handler<messages.RunRequest, messages.RunResponse>;
}

type Handler<Request = unknown, Response = unknown> = (
  call: ServerUnaryCall<Request, Response>,
  callback: sendUnaryData<Response>,
) => void;

/** Bytes of the largest message, as in Pulumi's own servers: large manifests are one message. */
const largestMessage = 400 * 1024 * 1024;

/** What this checkout's program reads of its surroundings, and whom it tells what it makes. */
export type ProgramArguments = ProgramArgs;

/** Loads a program; what it gives is called by the engine, and its result is the stack's outputs. */
export type LoadProgram = () => Promise<() => Promise<unknown>>;

/** This checkout's program: the environment that a stack's configuration describes. */
export function environmentProgram(args: ProgramArgs): LoadProgram {
  return async () => {
    const [{ default: main }] = await Promise.all([import("../index.ts"), import("../components/index.ts")]);
    return () => main(args);
  };
}

/**
 * Lets the engine run a program in this process, as the Automation API does with inline programs, instead of starting a language
 * host and a second Node. The program loads while Pulumi's command line starts.
 *
 * @param action gets the options by which Pulumi's command line finds the program; the program is there until it is done.
 */
export async function withProgram<T>(
  program: LoadProgram,
  action: (options: readonly string[]) => Promise<T>,
): Promise<T> {
  let loaded: Promise<LanguageServer> | undefined;
  const load = (): Promise<LanguageServer> => (loaded ??= serveProgram(program));
  const whenLoaded =
    <Request, Response>(pick: (program: LanguageServer) => Handler<Request, Response>): Handler<Request, Response> =>
    (call, callback) => {
      load().then((program) => {
        pick(program)(call, callback);
      }, callback);
    };
  const server = new Server({ "grpc.max_receive_message_length": largestMessage });
  server.addService(service.LanguageRuntimeService, {
    getRequiredPlugins: whenLoaded((program) => program.getRequiredPlugins),
    getPluginInfo: whenLoaded((program) => program.getPluginInfo),
    run: whenLoaded((program) => program.run),
  });
  try {
    const done = action([`--client=127.0.0.1:${await listen(server)}`, "--exec-kind=auto.inline"]);
    // Whoever calls is told when this fails.
    load().catch(() => undefined);
    return await done;
  } finally {
    server.forceShutdown();
  }
}

async function serveProgram(load: LoadProgram): Promise<LanguageServer> {
  loadRarelyNeededLazily();
  const [pulumi, { dropDebugMessages }, { LanguageServer }, program] = await Promise.all([
    import("@pulumi/pulumi"),
    import("../stacks/debug-messages.ts"),
    import("@pulumi/pulumi/automation/server.js") as Promise<unknown> as Promise<{
      LanguageServer: new (program: () => Promise<unknown>) => LanguageServer;
    }>,
    load(),
  ]);
  dropDebugMessages();
  const server = new LanguageServer(program);
  return {
    getRequiredPlugins: server.getRequiredPlugins.bind(server),
    getPluginInfo: server.getPluginInfo.bind(server),
    run: (call, callback) => {
      let answered = false;
      server.run(call, (error, response) => {
        // After an error, Pulumi's server answers twice.
        if (answered) return;
        answered = true;
        // What the program's log has said is not said again: "bail" ends the update without another message.
        if (error && pulumi.log.hasErrors()) callback(null, new messages.RunResponse().setBail(true));
        else callback(error, response);
      });
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}
