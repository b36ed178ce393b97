// jsforce on a trip through the practice Salesforce: node salesforce_trip.mjs LOGIN_URL CLIENT_ID CLIENT_SECRET
import assert from 'node:assert/strict'
import jsforce from 'jsforce'

const [loginUrl, clientId, clientSecret] = process.argv.slice(2)
const conn = new jsforce.Connection({ loginUrl, instanceUrl: loginUrl, version: '66.0', oauth2: { loginUrl, clientId, clientSecret } })
const allow = { headers: { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' } }

async function refused(call) {
  try {
    await call()
  } catch (error) {
    return error
  }
  return assert.fail('this should have been refused')
}

async function login() {
  const user = await conn.authorize({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  assert.ok(user.id.startsWith('005') && user.organizationId.startsWith('00D'))
  const me = await conn.identity().catch(() => null)
  assert.ok(me === null || me.user_id === user.id)
}

async function fields() {
  const made = await conn.tooling.create('CustomField', {
    FullName: 'Contact.Trip_Key__c',
    Metadata: { label: 'Trip key', type: 'Text', length: 40, externalId: true, unique: true },
  })
  assert.equal(made.success, true)
  const names = async () => (await conn.sobject('Contact').describe()).fields.map((field) => field.name)
  assert.ok(!(await names()).includes('Trip_Key__c'))
  const set = (await conn.query('SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true')).records[0].Id
  const grant = { ParentId: set, SobjectType: 'Contact', Field: 'Contact.Trip_Key__c', PermissionsRead: true, PermissionsEdit: true }
  await conn.sobject('FieldPermissions').create(grant)
  assert.ok((await names()).includes('Trip_Key__c'))
}

async function records() {
  const account = await conn.sobject('Account').create({ Name: 'Trip Ltd' })
  const rows = Array.from({ length: 250 }, (_, n) => ({ LastName: `L${n}`, Trip_Key__c: `t${n}`, AccountId: account.id }))
  const results = await conn.sobject('Contact').upsert(rows, 'Trip_Key__c', { allowRecursive: true, ...allow })
  assert.ok(results.every((one) => one.success && one.created), JSON.stringify(results[0]))
  const again = await conn.sobject('Contact').upsert(rows.slice(0, 3), 'Trip_Key__c', allow)
  assert.ok(again.every((one) => one.success && one.created === false))
  const bad = await conn.sobject('Contact').create([{ LastName: 'Ok' }, { FirstName: 'Nobody' }], allow)
  assert.deepEqual(bad.map((one) => one.success), [true, false])
  assert.equal(bad[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING')
  const one = await conn.sobject('Contact').retrieve(results[7].id)
  assert.equal(one.LastName, 'L7')
  assert.equal((await refused(() => conn.sobject('Contact').create({ LastName: 'X', Nope__c: 1 }))).errorCode, 'INVALID_FIELD')
  return account.id
}

async function queries(account) {
  const soql = `SELECT Id, Account.Name FROM Contact WHERE AccountId = '${account}' ORDER BY LastName`
  const found = await conn.query(soql, { autoFetch: true, maxFetch: 1000, headers: { 'Sforce-Query-Options': 'batchSize=200' } })
  assert.equal(found.records.length, 250)
  assert.ok(found.records.every((record) => record.Account.Name === 'Trip Ltd'))
  const count = await conn.sobject('Contact').count({ LastName: { $like: 'L1%' } })
  assert.equal(count, 111)
  assert.equal((await refused(() => conn.query('SELECT Id FROM Nothing'))).errorCode, 'INVALID_TYPE')
  const limits = await conn.limits()
  assert.ok(limits.DailyApiRequests.Max >= limits.DailyApiRequests.Remaining)
}

async function bulk() {
  const rows = Array.from({ length: 30 }, (_, n) => ({ Trip_Key__c: `t${n}`, LastName: n === 5 ? '#N/A' : `B${n}` }))
  conn.bulk2.pollInterval = 10
  const results = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'upsert', externalIdFieldName: 'Trip_Key__c', input: rows })
  assert.equal(results.successfulResults.length, 29)
  assert.ok(results.failedResults[0].sf__Error.startsWith('REQUIRED_FIELD_MISSING'))
  const stream = await conn.bulk2.query("SELECT Id, LastName FROM Contact WHERE LastName LIKE 'B%'")
  assert.equal((await stream.toArray()).length, 29)
}

async function clean(account) {
  const ids = (await conn.query('SELECT Id FROM Contact LIMIT 200')).records.map((record) => record.Id)
  const gone = await conn.sobject('Contact').destroy(ids)
  assert.ok(gone.every((one) => one.success))
  await conn.sobject('Account').destroy(account)
  assert.equal((await conn.query('SELECT COUNT() FROM Contact')).totalSize, 1)
}

await login()
await fields()
const account = await records()
await queries(account)
await bulk()
await clean(account)
console.log('trip done')
