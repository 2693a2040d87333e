import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Extent {
  readonly nodeWidth: number;
  readonly nodeHeight: number;
}

/** The part of a large drawing that can be seen, and what moves it. */
export interface GraphView {
  readonly svg: RefObject<SVGSVGElement | null>;
  readonly transform: string;
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent<SVGSVGElement>) => void;
    readonly onPointerMove: (event: PointerEvent<SVGSVGElement>) => void;
    readonly onPointerUp: (event: PointerEvent<SVGSVGElement>) => void;
    readonly onClickCapture: (event: { stopPropagation: () => void }) => void;
  };
  /** Zooms for plus, minus and 0; tells whether the key was one of them. */
  readonly onKey: (key: string) => boolean;
  readonly shows: (place: Place, extent: Extent) => boolean;
  /** Whether a line between two nodes may pass through what can be seen. */
  readonly crosses: (from: Place, to: Place, extent: Extent) => boolean;
  readonly reveal: (place: Place, extent: Extent) => void;
}

interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MARGIN = 24;
const LEAST = 0.15;
const MOST = 2;

/** Pans and zooms a drawing of `content` within a window of `width` × `height`. */
export function useGraphView(options: {
  readonly width: number;
  readonly height: number;
  readonly content: { readonly width: number; readonly height: number };
}): GraphView {
  const { width, height, content } = options;
  const svg = useRef<SVGSVGElement>(null);
  const drag = useRef<{ x: number; y: number; far: boolean }>(undefined);
  const [moved, setMoved] = useState<Camera>();
  const camera = moved ?? start(width, height, content);
  const zoomAt = (factor: number, at: Place): void => {
    setMoved((now) => zoomed(now ?? camera, factor, at));
  };
  useWheel(svg, zoomAt);
  const left = -camera.x / camera.zoom;
  const top = -camera.y / camera.zoom;
  const right = left + width / camera.zoom;
  const bottom = top + height / camera.zoom;
  return {
    svg,
    transform: `translate(${String(camera.x)} ${String(camera.y)}) scale(${String(camera.zoom)})`,
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        drag.current = { x: event.clientX, y: event.clientY, far: false };
      },
      onPointerMove: (event) => {
        const from = drag.current;
        if (from === undefined || event.buttons === 0) return;
        const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
        if (!from.far && Math.abs(dx) + Math.abs(dy) < 5) return;
        if (!from.far) event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, y: event.clientY, far: true };
        setMoved((now) => ({ ...(now ?? camera), x: (now ?? camera).x + dx, y: (now ?? camera).y + dy }));
      },
      onPointerUp: () => {
        if (drag.current?.far !== true) drag.current = undefined;
      },
      onClickCapture: (event) => {
        // The click that ends a drag is no click on the node below it.
        if (drag.current?.far === true) event.stopPropagation();
        drag.current = undefined;
      },
    },
    onKey: (key) => {
      const centre = { x: width / 2, y: height / 2 };
      if (key === "+" || key === "=") zoomAt(1.25, centre);
      else if (key === "-") zoomAt(0.8, centre);
      else if (key === "0") setMoved(fit(width, height, content));
      else return false;
      return true;
    },
    shows: (place, extent) =>
      place.x < right &&
      place.x + extent.nodeWidth > left &&
      place.y < bottom &&
      place.y + extent.nodeHeight > top,
    crosses: (from, to, extent) =>
      Math.min(from.x, to.x) < right &&
      Math.max(from.x, to.x) + extent.nodeWidth > left &&
      Math.min(from.y, to.y) < bottom &&
      Math.max(from.y, to.y) + extent.nodeHeight > top,
    reveal: (place, extent) => {
      setMoved((now) => revealed(now ?? camera, { width, height }, place, extent));
    },
  };
}

/** As large as is readable, from the left upper corner; all of it where that fits. */
function start(width: number, height: number, content: { width: number; height: number }): Camera {
  const whole = fit(width, height, content);
  if (whole.zoom >= 0.6) return whole;
  const zoom = Math.min(1, Math.max(0.6, (width - 2 * MARGIN) / Math.max(1, content.width)));
  return { x: MARGIN, y: MARGIN, zoom };
}

function fit(width: number, height: number, content: { width: number; height: number }): Camera {
  const zoom = Math.max(
    LEAST,
    Math.min(
      1,
      (width - 2 * MARGIN) / Math.max(1, content.width),
      (height - 2 * MARGIN) / Math.max(1, content.height),
    ),
  );
  return {
    zoom,
    x: Math.max(MARGIN, (width - content.width * zoom) / 2),
    y: Math.max(MARGIN, (height - content.height * zoom) / 2),
  };
}

function zoomed(camera: Camera, factor: number, at: Place): Camera {
  const zoom = Math.max(LEAST, Math.min(MOST, camera.zoom * factor));
  const share = zoom / camera.zoom;
  return { zoom, x: at.x - (at.x - camera.x) * share, y: at.y - (at.y - camera.y) * share };
}

function revealed(
  camera: Camera,
  size: { width: number; height: number },
  place: Place,
  extent: Extent,
): Camera {
  const left = place.x * camera.zoom + camera.x;
  const top = place.y * camera.zoom + camera.y;
  const shift = (start: number, length: number, room: number): number => {
    if (start < MARGIN) return MARGIN - start;
    return start + length > room - MARGIN ? room - MARGIN - start - length : 0;
  };
  return {
    zoom: camera.zoom,
    x: camera.x + shift(left, extent.nodeWidth * camera.zoom, size.width),
    y: camera.y + shift(top, extent.nodeHeight * camera.zoom, size.height),
  };
}

/** Zooms with the wheel while Ctrl or Cmd is held; without, the page scrolls. React's own listener could not prevent that. */
function useWheel(svg: RefObject<SVGSVGElement | null>, zoomAt: (factor: number, at: Place) => void): void {
  const zoom = useRef(zoomAt);
  zoom.current = zoomAt;
  useEffect(() => {
    const onWheel = (event: WheelEvent): void => {
      const target = svg.current;
      if (target === null || !(event.ctrlKey || event.metaKey) || !target.contains(event.target as Element))
        return;
      event.preventDefault();
      const box = target.getBoundingClientRect();
      zoom.current(Math.exp(-event.deltaY / 300), {
        x: event.clientX - box.left,
        y: event.clientY - box.top,
      });
    };
    window.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      window.removeEventListener("wheel", onWheel);
    };
  }, [svg]);
}
