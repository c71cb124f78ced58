import "./style.css";

import { createRoot } from "react-dom/client";

import { apiOfPage, panelOfPage } from "./api";
import { App } from "./App";
import { connectWire } from "./wire";

const place = document.getElementById("app");
if (place) createRoot(place).render(<App api={apiOfPage()} connect={connectWire} panel={panelOfPage()} />);
