// node-vault, an independent client, against a real server: node test_node_vault.js ADDRESS
'use strict';
const assert = require('assert');
const { createRequire } = require('module');
const load = createRequire(process.env.NODE_VAULT_ROOT + '/');

async function main() {
  const vault = load('node-vault')({ apiVersion: 'v1', endpoint: process.argv[2] });
  assert.strictEqual((await vault.initialized()).initialized, false);
  const made = await vault.init({ secret_shares: 1, secret_threshold: 1 });
  vault.token = made.root_token;
  await vault.unseal({ secret_shares: 1, key: made.keys[0] });
  assert.strictEqual((await vault.status()).sealed, false);
  assert.strictEqual((await vault.health()).initialized, true);

  await vault.mount({ mount_point: 'secret', type: 'kv', options: { version: '2' } });
  await vault.write('secret/data/hello', { data: { value: 'world', lease: '1s' } });
  assert.strictEqual((await vault.read('secret/data/hello')).data.data.value, 'world');
  assert.deepStrictEqual((await vault.list('secret/metadata')).data.keys, ['hello']);
  await vault.delete('secret/data/hello');
  await assert.rejects(vault.read('secret/data/hello'), (error) => error.response.statusCode === 404);

  await vault.addPolicy({ name: 'mypolicy', rules: '{ "path": { "secret/*": { "policy": "write" } } }' });
  assert.ok((await vault.policies()).policies.includes('mypolicy'));
  await vault.enableAuth({ mount_point: 'userpass', type: 'userpass' });
  await vault.write('auth/userpass/users/u', { password: 'p', policies: 'mypolicy' });
  const login = await vault.userpassLogin({ username: 'u', password: 'p' });
  assert.ok(login.auth.policies.includes('mypolicy'));

  vault.token = made.root_token;
  const token = await vault.tokenCreate({ policies: ['mypolicy'], ttl: '1h' });
  vault.token = made.root_token; // after this, and after a renewal, the client uses the new token
  assert.strictEqual((await vault.tokenLookup({ token: token.auth.client_token })).data.policies.includes('mypolicy'), true);
  await vault.tokenRenew({ token: token.auth.client_token, increment: 60 });
  vault.token = made.root_token;
  await vault.tokenRevoke({ token: token.auth.client_token });
  await assert.rejects(vault.tokenLookup({ token: token.auth.client_token }), (error) => error.response.statusCode === 403);
  await vault.removePolicy({ name: 'mypolicy' });
  await vault.unmount({ mount_point: 'secret' });
  await vault.seal();
  console.log('all passed');
}

main().catch((error) => { console.error(error); process.exit(1); });
