import { useQuery } from "@tanstack/react-query";
import { meQuery } from "./session.ts";

interface HeldRole {
  /** Empty until it is known. */
  readonly name: string;
  readonly role: "viewer" | "operator" | "admin";
  /** May start, stop and change what runs. */
  readonly isOperator: boolean;
  readonly isAdmin: boolean;
}

/** What the person who is signed in may do. Pages hide what they may not; the server refuses it in any case. */
export function useRole(): HeldRole {
  const { data } = useQuery(meQuery);
  const role = data?.role ?? "viewer";
  return { name: data?.name ?? "", role, isOperator: role !== "viewer", isAdmin: role === "admin" };
}
