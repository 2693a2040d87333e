import { expect, test } from "vitest";
import { Remote } from "./remote.ts";

const options = { sshOptions: [], unattended: true };

test.each([
  "-oProxyCommand=touch x",
  "user@-oProxyCommand=x",
  "a b",
  "a;id",
  "a$(id)",
  "",
  "a@b@c",
  "`id`@host",
])("%j is no machine", (host) => {
  expect(() => new Remote({ ...options, host })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});

test.each(["collector", "user@host", "user@host.example.org", "user@127.0.0.1", "user@[::1]"])(
  "%j is one",
  (host) => {
    expect(new Remote({ ...options, host }).host).toBe(host);
  },
);

test("options that are given win over those that are brought", () => {
  const remote = new Remote({ host: "a", sshOptions: ["ConnectTimeout=5", "Port=22"], unattended: true });
  expect(remote.sshArguments).toEqual(
    ["ConnectTimeout=5", "Port=22", "ServerAliveInterval=15", "BatchMode=yes"].flatMap((each) => [
      "-o",
      each,
    ]),
  );
});

test("whoever can be asked for a password is", () => {
  expect(new Remote({ ...options, host: "a", unattended: false }).sshArguments).not.toContain(
    "BatchMode=yes",
  );
});
