// Everything one environment of the platform needs, in one resource group.

targetScope = 'resourceGroup'

@description('Name of the environment, such as prod; part of every resource name.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region of the apps, the data, the vault and Document Intelligence.')
param location string = 'australiaeast'

@description('Region of Azure OpenAI and Speech: beside the first the only one candidate data is sent to.')
param aiLocation string = 'australiaeast'

@description('One function app for each: `all`, or names of functions from declared.json.')
@minLength(1)
param apps string[] = ['all']

@description('Public address of the API. Needed with several apps, which a front door joins; else the app\'s own.')
param apiBaseUrl string = ''

@description('Public address of the web frontend; links in letters lead there.')
param frontendUrl string

@description('Origins that browsers may call the API and the file links from.')
param allowedOrigins string[] = [frontendUrl]

@description('Sender of letters; its domain must be linked. The domain Azure provides when left out.')
param emailFrom string = ''

@description('Settings whose values are secrets in the vault, under the names in settings.json.')
param vaultSettings ('AUTH_SIGNING_KEY' | 'FIELD_KEYS' | 'SMTP_URL' | 'SUPABASE_JWT_SECRET')[] = [
  'AUTH_SIGNING_KEY'
  'FIELD_KEYS'
]

@description('https://<project>.supabase.co, to sign in with Supabase.')
param supabaseUrl string = ''

@description('https://<instance>.clerk.accounts.dev, to sign in with Clerk.')
param clerkIssuer string = ''

@description('Origins a Clerk token may have been issued for.')
param clerkAuthorizedParties string[] = []

@description('OpenID Connect issuer, to sign in with any other.')
param oidcIssuer string = ''

@description('Audience its tokens must name; needed with oidcIssuer.')
param oidcAudience string = ''

@description('Its key set, when not at the usual place.')
param oidcJwksUrl string = ''

@description('off, error, warn, info, debug or trace.')
param logLevel string = 'info'

@description('Requests per address in one window.')
param rateLimitRequests int = 100

@description('Seconds of that window.')
param rateLimitWindow int = 60

@description('Proxies in front whose X-Forwarded-For entries count: the platform\'s own, and one more for a front door.')
param trustedProxyHops int = 1

@description('Name and version of the model for interviews and scoring, and its capacity in thousand tokens a minute.')
param model { name: string, version: string, capacity: int } = { name: 'gpt-4o', version: '2024-11-20', capacity: 50 }

@description('The same for resumes and adverts.')
param modelSmall { name: string, version: string, capacity: int } = {
  name: 'gpt-4o-mini'
  version: '2024-07-18'
  capacity: 50
}

@description('Standard keeps processing in the region. The global kinds do not: candidate data would leave it.')
@allowed(['Standard', 'ProvisionedManaged', 'GlobalStandard'])
param modelSku string = 'Standard'

@description('Most request units a second the documents may use; a tenth of it is the least that is paid.')
@minValue(1000)
param cosmosMaxThroughput int = 1000

@description('Memory of one instance, in MiB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Instances one function may grow to.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances for HTTP that are always warm; each is paid by the hour.')
param alwaysReady int = 0

@description('Whether the data services are reached over private endpoints only.')
param privateEndpoints bool = false

@description('Address space of the virtual network made for private endpoints.')
param addressSpace string = '10.40.0.0/16'

@description('Days that logs and earlier versions of files are kept.')
@minValue(30)
@maxValue(365)
param retentionDays int = 30

@description('Addresses that alerts are mailed to.')
param alertEmails string[] = []

@description('Minutes after which an interview that waits for its score raises an alert.')
@minValue(1)
param scoringAgeMinutes int = 15

@description('Object id of whoever deploys: may store packages and secrets. Nobody when left out.')
param deployerPrincipalId string = ''

@description('What that object is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param deployerPrincipalType string = 'ServicePrincipal'

var declared = loadJsonContent('declared.json')
var secretNames = loadJsonContent('settings.json').from_vault
var token = toLower(uniqueString(resourceGroup().id, environmentName))
var suffix = '${toLower(environmentName)}-${token}'
var tags = { 'azd-env-name': environmentName, app: 'talenti' }
var appNames = [for app in apps: take('func-${app == 'all' ? 'talenti' : app}-${suffix}', 60)]
var poisonQueues = [for queue in declared.queues: '${queue}-poison']
var vaultName = take('kv-${token}', 24)
var filesContainer = 'files'

module network 'modules/network.bicep' = if (privateEndpoints) {
  name: 'network'
  params: {
    name: 'vnet-${suffix}'
    location: location
    addressSpace: addressSpace
    tags: tags
  }
}

var appSubnetId = privateEndpoints ? network!.outputs.appSubnetId : ''
var endpointSubnetId = privateEndpoints ? network!.outputs.endpointSubnetId : ''

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: suffix
    location: location
    retentionDays: retentionDays
    tags: tags
  }
}

// What the host keeps and the queues: nobody outside needs it.
module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  params: {
    name: take('sthost${token}', 24)
    location: location
    containers: concat(map(appNames, app => take('app-${app}', 63)), ['packages'])
    queues: concat(declared.queues, poisonQueues)
    versionDays: 0
    browserOrigins: []
    endpointSubnetId: endpointSubnetId
    tags: tags
  }
}

// Candidates' files. Browsers go to it with signed links, so it has no private endpoint.
module fileStorage 'modules/storage.bicep' = {
  name: 'file-storage'
  params: {
    name: take('stfile${token}', 24)
    location: location
    containers: [filesContainer]
    queues: []
    versionDays: retentionDays
    browserOrigins: allowedOrigins
    endpointSubnetId: ''
    tags: tags
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  params: {
    name: 'cosmos-${suffix}'
    location: location
    database: 'talenti'
    maxThroughput: cosmosMaxThroughput
    endpointSubnetId: endpointSubnetId
    tags: tags
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    endpointSubnetId: endpointSubnetId
    tags: tags
  }
}

module ai 'modules/ai.bicep' = {
  name: 'ai'
  params: {
    suffix: suffix
    location: location
    modelLocation: aiLocation
    model: model
    modelSmall: modelSmall
    modelSku: modelSku
    endpointSubnetId: endpointSubnetId
    tags: tags
  }
}

module realtime 'modules/realtime.bicep' = {
  name: 'realtime'
  params: {
    name: 'wps-${suffix}'
    location: location
    endpointSubnetId: endpointSubnetId
    tags: tags
  }
}

module communication 'modules/communication.bicep' = {
  name: 'communication'
  params: {
    suffix: suffix
    tags: tags
  }
}

// Every setting the platform reads is here, in the vault or in settings.json's `left_out`; a test compares.
var settings = {
  ACS_ENDPOINT: communication.outputs.endpoint
  AI_ALLOWED_REGIONS: join(union([aiLocation], [location]), ',')
  ALLOWED_ORIGINS: join(allowedOrigins, ',')
  API_BASE_URL: empty(apiBaseUrl) ? 'https://${appNames[0]}.azurewebsites.net' : apiBaseUrl
  AUTH_ISSUER: 'talenti'
  AZURE_CREDENTIAL: 'managed'
  AZURE_DOCUMENT_ENDPOINT: ai.outputs.documentEndpoint
  AZURE_OPENAI_API_VERSION: '2024-10-21'
  AZURE_OPENAI_DEPLOYMENT: ai.outputs.deployment
  AZURE_OPENAI_DEPLOYMENT_SMALL: ai.outputs.deploymentSmall
  AZURE_OPENAI_ENDPOINT: ai.outputs.openAiEndpoint
  AZURE_OPENAI_REGION: aiLocation
  AZURE_REGION: cosmos.outputs.region
  AZURE_STORAGE_BLOB_ENDPOINT: fileStorage.outputs.blobEndpoint
  AZURE_STORAGE_CONTAINER: filesContainer
  AZURE_STORAGE_QUEUE_ENDPOINT: hostStorage.outputs.queueEndpoint
  CLERK_AUTHORIZED_PARTIES: join(clerkAuthorizedParties, ',')
  CLERK_ISSUER: clerkIssuer
  COSMOS_DATABASE: cosmos.outputs.database
  COSMOS_ENDPOINT: cosmos.outputs.endpoint
  EMAIL_FROM: empty(emailFrom) ? communication.outputs.sender : emailFrom
  ENVIRONMENT: 'production'
  FRONTEND_URL: frontendUrl
  LOG_LEVEL: logLevel
  OIDC_AUDIENCE: oidcAudience
  OIDC_ISSUER: oidcIssuer
  OIDC_JWKS_URL: oidcJwksUrl
  RATE_LIMITS: 'on'
  RATE_LIMIT_REQUESTS: string(rateLimitRequests)
  RATE_LIMIT_WINDOW: string(rateLimitWindow)
  SUPABASE_URL: supabaseUrl
  // The package is mounted read-only; nothing of worth is kept here.
  TALENTI_DATA: '/tmp/talenti'
  TRUSTED_PROXY_HOPS: string(trustedProxyHops)
}

var references = toObject(
  vaultSettings,
  name => name,
  name => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${secretNames[name]})'
)

module functionApps 'modules/app.bicep' = [
  for (app, index) in apps: {
    name: 'app-${app}'
    params: {
      name: appNames[index]
      azdService: app == 'all' ? 'talenti' : app
      location: location
      settings: union(settings, references)
      storageName: hostStorage.outputs.name
      container: take('app-${appNames[index]}', 63)
      componentName: monitoring.outputs.componentName
      instanceMemory: instanceMemory
      maximumInstances: maximumInstances
      alwaysReady: alwaysReady
      subnetId: appSubnetId
      tags: tags
    }
  }
]

module access 'modules/access.bicep' = [
  for (app, index) in apps: {
    name: 'access-${app}'
    params: {
      principalId: functionApps[index].outputs.principalId
      hostStorageName: hostStorage.outputs.name
      fileStorageName: fileStorage.outputs.name
      filesContainer: filesContainer
      cosmosName: cosmos.outputs.name
      vaultName: vault.outputs.name
      openAiName: ai.outputs.openAiName
      speechName: ai.outputs.speechName
      documentName: ai.outputs.documentName
      webPubSubName: realtime.outputs.name
      communicationName: communication.outputs.name
      componentName: monitoring.outputs.componentName
    }
  }
]

module deployer 'modules/deployer.bicep' = if (!empty(deployerPrincipalId)) {
  name: 'deployer'
  params: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    storageName: hostStorage.outputs.name
    vaultName: vault.outputs.name
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    name: suffix
    location: location
    componentId: monitoring.outputs.componentId
    storageId: hostStorage.outputs.id
    emails: alertEmails
    scoringAgeMinutes: scoringAgeMinutes
    tags: tags
  }
}

@description('Names of the function apps, in the order of `apps`.')
output APP_NAMES string[] = appNames

@description('Public address of the API.')
output API_BASE_URL string = settings.API_BASE_URL

@description('Vault whose secrets the apps read.')
output VAULT_NAME string = vault.outputs.name

@description('Account and container in which released packages are kept.')
output PACKAGE_ACCOUNT string = hostStorage.outputs.name

@description('Address of Web PubSub.')
output WEB_PUBSUB_ENDPOINT string = realtime.outputs.endpoint

@description('Address of Speech.')
output SPEECH_ENDPOINT string = ai.outputs.speechEndpoint
