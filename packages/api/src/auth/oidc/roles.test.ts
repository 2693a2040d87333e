import { describe, expect, it } from "vitest";
import { readOidcRoles } from "./read-oidc-roles.ts";
import { roleOfClaims } from "./role-of-claims.ts";

describe("the setting oidcRoles", () => {
  it("says which values give which role", () => {
    expect(readOidcRoles("admin=platform; operator=data team,on-call ;viewer=*;")).toEqual({
      admin: ["platform"],
      operator: ["data team", "on-call"],
      viewer: ["*"],
    });
  });

  it.each(["", "admin", "admin=", "boss=x", "admin=a;admin=b", "=x", "admin:x"])("refuses %j", (text) => {
    expect(() => readOidcRoles(text)).toThrow(
      expect.objectContaining({ code: "MLR_SETTINGS_INVALID" }) as Error,
    );
  });
});

describe("the role of a person", () => {
  const roles = { admin: ["platform"], operator: ["data"] };

  it.each([
    [{ groups: ["data", "platform"] }, "admin"],
    [{ groups: "data" }, "operator"],
    [{ groups: ["Platform"] }, undefined],
    [{ groups: [{ name: "platform" }] }, undefined],
    [{ groups: "platform data" }, undefined],
    [{}, undefined],
  ])("for the claims %j is %s", (claims, role) => {
    expect(roleOfClaims(claims, { roles })).toBe(role);
  });

  it("comes from a claim inside of others, or one with dots in its name", () => {
    const roleClaim = "realm_access.roles";
    expect(roleOfClaims({ realm_access: { roles: ["data"] } }, { roles, roleClaim })).toBe("operator");
    expect(roleOfClaims({ [roleClaim]: ["platform"] }, { roles, roleClaim })).toBe("admin");
    expect(roleOfClaims({}, { roles: { viewer: ["x"] }, roleClaim: "constructor.name" })).toBeUndefined();
  });

  it("is that of everybody where nothing higher is held", () => {
    expect(roleOfClaims({ groups: [] }, { roles: { ...roles, viewer: ["*"] } })).toBe("viewer");
    expect(roleOfClaims({ groups: ["data"] }, { roles: { ...roles, viewer: ["*"] } })).toBe("operator");
  });
});
