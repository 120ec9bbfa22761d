// The documents: one container, tenant and aggregate root as its partition key, autoscaled, restorable to any second.

param name string
param location string
param database string
param maxThroughput int

@description('Where the private endpoint goes. Empty: reached publicly.')
param endpointSubnetId string
param tags object

// The code that reads and writes it holds itself to the same file.
var definition = loadJsonContent('../cosmos-container.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    // A precondition is judged by what another instance wrote a moment ago: Session would show it something older.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous30Days' } }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource sqlDatabase 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: database
  properties: { resource: { id: database } }
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: sqlDatabase
  name: definition.id
  properties: {
    resource: definition
    options: { autoscaleSettings: { maxThroughput: maxThroughput } }
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-sql'
  params: {
    name: 'pe-${name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: account.id
    group: 'Sql'
    zone: 'privatelink.documents.azure.com'
    tags: tags
  }
}

output name string = account.name
output endpoint string = account.properties.documentEndpoint
output database string = sqlDatabase.name
output region string = account.properties.locations[0].locationName
