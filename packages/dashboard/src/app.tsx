import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { queryClient } from "./api/query-client.ts";
import { Toasts } from "./components/toasts.tsx";
import { LiveProvider } from "./live/live-provider.tsx";
import { router } from "./router.tsx";
import { ThemeProvider } from "./theme/theme-provider.tsx";

/** Everything that pages stand on. */
export function App(): ReactNode {
  return (
    <QueryClientProvider client={queryClient}>
      <ThemeProvider>
        <Tooltip.Provider delayDuration={300} skipDelayDuration={200}>
          <Toasts>
            <LiveProvider>
              <RouterProvider router={router} />
            </LiveProvider>
          </Toasts>
        </Tooltip.Provider>
      </ThemeProvider>
    </QueryClientProvider>
  );
}
