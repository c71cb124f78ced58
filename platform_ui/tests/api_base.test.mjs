// node --test platform_ui/tests
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi, detectApiBase } from "../js/api.js";

const at = (address) => new URL(address);

test("an explicit setting wins over every rule of the host name", () => {
  assert.equal(detectApiBase(at("http://localhost:8080/"), " /api "), "/api");
  assert.equal(detectApiBase(at("https://ui.shop.example/"), "https://brain.example/v3/"), "https://brain.example/v3");
});

test("on this machine the API is the orchestrator's own port", () => {
  assert.equal(detectApiBase(at("http://localhost:8080/"), ""), "http://localhost:8000");
  assert.equal(detectApiBase(at("http://127.0.0.1/"), ""), "http://localhost:8000");
});

test("separate hosts follow the seed's names", () => {
  assert.equal(detectApiBase(at("https://ui.shop.example/"), ""), "https://api.shop.example");
  assert.equal(detectApiBase(at("https://platform-ui.shop.example/"), ""), "https://orchestrator-service.shop.example");
});

test("any other host is asked on the same origin", () => {
  assert.equal(detectApiBase(at("https://panel.shop.example/"), ""), "/api");
  assert.equal(detectApiBase(at("http://192.168.0.20:8080/"), ""), "/api");
  assert.equal(detectApiBase(at("https://gui.shop.example/"), ""), "/api");
});

test("files of the API get its base, pictures of the shop stay as they are", () => {
  const api = createApi("/api");
  assert.equal(api.fileUrl("/admin/media/1"), "/api/admin/media/1");
  assert.equal(api.fileUrl("https://shop.example/a.png"), "https://shop.example/a.png");
  api.tenant = 7;
  assert.equal(api.fileUrl("/admin/media/1"), "/api/admin/media/1?tenant_id=7");
  assert.equal(api.fileUrl("https://shop.example/a.png"), "https://shop.example/a.png");
});
