// Azure OpenAI, Speech and Document Intelligence, without keys.

param suffix string

@description('Region of the apps and the data: of Document Intelligence and of private endpoints.')
param location string

@description('Region of Azure OpenAI and Speech.')
param modelLocation string
param model { name: string, version: string, capacity: int }
param modelSmall { name: string, version: string, capacity: int }
param modelSku string

@description('Where the private endpoints go. Empty: reached publicly.')
param endpointSubnetId string
param tags object

var publicNetworkAccess = empty(endpointSubnetId) ? 'Enabled' : 'Disabled'

resource openAi 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'oai-${suffix}'
  location: modelLocation
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'oai-${suffix}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
  }
}

resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: openAi
  name: model.name
  sku: { name: modelSku, capacity: model.capacity }
  properties: {
    model: { format: 'OpenAI', name: model.name, version: model.version }
    // A score must be repeatable: the model changes when people change it.
    versionUpgradeOption: 'NoAutoUpgrade'
  }
}

resource deploymentSmall 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: openAi
  name: modelSmall.name
  // One deployment of an account at a time.
  dependsOn: [deployment]
  sku: { name: modelSku, capacity: modelSmall.capacity }
  properties: {
    model: { format: 'OpenAI', name: modelSmall.name, version: modelSmall.version }
    versionUpgradeOption: 'NoAutoUpgrade'
  }
}

resource speech 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'speech-${suffix}'
  location: modelLocation
  tags: tags
  kind: 'SpeechServices'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'speech-${suffix}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
  }
}

resource document 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'doc-${suffix}'
  location: location
  tags: tags
  kind: 'FormRecognizer'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'doc-${suffix}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
  }
}

module openAiEndpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: 'openai-endpoint'
  params: {
    name: 'pe-${openAi.name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: openAi.id
    group: 'account'
    zone: 'privatelink.openai.azure.com'
    tags: tags
  }
}

module speechEndpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: 'speech-endpoint'
  params: {
    name: 'pe-${speech.name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: speech.id
    group: 'account'
    zone: 'privatelink.cognitiveservices.azure.com'
    tags: tags
  }
}

module documentEndpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: 'document-endpoint'
  params: {
    name: 'pe-${document.name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: document.id
    group: 'account'
    zone: 'privatelink.cognitiveservices.azure.com'
    tags: tags
  }
}

output openAiName string = openAi.name
output openAiEndpoint string = openAi.properties.endpoint
output deployment string = deployment.name
output deploymentSmall string = deploymentSmall.name
output speechName string = speech.name
output speechEndpoint string = speech.properties.endpoint
output documentName string = document.name
output documentEndpoint string = document.properties.endpoint
