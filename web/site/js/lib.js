/** The three small libraries under one roof, so that pages import from one place. */
import { Component, Fragment, h, render } from "../vendor/preact.js";
import { useCallback, useEffect, useId, useMemo, useRef, useState } from "../vendor/hooks.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
export { Component, Fragment, render, useCallback, useEffect, useId, useMemo, useRef, useState };
