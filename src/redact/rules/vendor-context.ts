import { contextRule } from './context.ts';

/** Services whose keys have no form of their own, so that only the name in front of one tells what it is. */
const vendors =
  'abstractapi abuseipdb accuweather adafruit adobe adzuna agora airbrake airtable airvisual aiven alchemy algolia alienvault alpaca alphavantage ' +
  'amplitude anypoint apify apiflash apilayer appcues appfollow appsflyer appveyor asana assemblyai atera auth0 autodesk axiom baremetrics ' +
  'betterstack binance bitbar bitfinex bitly bitmex blazemeter blockfrost blynk braintree brandfetch braze brevo browserstack bugsnag ' +
  'buildkite bybit calendarific calendly campaignmonitor canva capsulecrm carto cerebras chargebee chargify chartmogul checkr circleci clarifai ' +
  'clearbit clickhouse clicksend clickup cloudconvert cloudflare cloudinary cloudsmith cloudways codacy codecov codeclimate cohere coinapi coinbase ' +
  'coinmarketcap confluent contentful contentstack convertkit coveralls cratesio crowdin crowdstrike cryptocompare currencylayer customerio ' +
  'cypress dailyco databricks datadog datagov deepai deepgram deepl deepseek delighted deno deputy detectify devcycle directus disqus docusign ' +
  'doppler dovico droneci dropbox duffel dwolla dynatrace easypost edamam elastic elevenlabs eraser etherscan ethplorer etsy eventbrite everhour ' +
  'exchangerate facebook facepp fastly fathom fibery figma filestack finage finicity finnhub firebase fireworks fixer flickr flightapi flutterwave ' +
  'formio foursquare freshbooks freshdesk freshservice fullstory geckoboard geocodio getresponse ghost giphy gitter glassnode gocardless ' +
  'godaddy goodreads grafana greenhouse groq gumroad gusto harness harvest hellosign helpscout heroku honeybadger honeycomb hotjar hubspot ' +
  'huggingface hypertrack iconfinder imagekit imgbb imgur infracost infura instagram intercom intrinio ipapi ipdata ipgeolocation ipinfo ipstack ' +
  'iterable jenkins jfrog jotform jumio jumpcloud kagi kickbox klaviyo kraken kucoin lacework langfuse langsmith langchain launchdarkly ' +
  'lemonsqueezy linkedin linode livekit locationiq loggly logzio lokalise looker magento mailboxlayer mailchimp mailerlite mailersend mailgun ' +
  'mailjet mailmodo mailtrap mandrill mapbox mapquest marketstack mattermost maxmind meraki messagebird metabase mindbody miro mistral mixpanel ' +
  'mollie monday moonpay moosend mux nasdaq netlify newrelic newsapi nexmo ngrok nightfall notion nvidia nylas nytimes oanda okta onelogin ' +
  'onesignal onfido openai opencage openrouter openweather opsgenie optimizely outreach paddle pagerduty pandadoc papertrail particle passbase ' +
  'patreon paymongo paypal paystack pendo perplexity phrase pinata pinecone pipedream pipedrive plaid planetscale plivo polygon portainer posthog ' +
  'postman postmark prefect privateai pubnub pulumi pusher qase quandl quickbooks rapidapi raygun razorpay readme rebrandly recaptcha recurly ' +
  'reddit rentman replicate replit resend retool ringcentral rollbar runpod salesforce salesloft saucelabs sauce scaleway scraperapi scrapingbee ' +
  'scrapfly seatgeek segment semaphore sendbird sendgrid sendinblue sendpulse sentinelone sentry serpapi serpstack serper shippo shodan shopify ' +
  'shotstack signalwire sinch smartsheet smartystreets smarty smartling snowflake snyk sonar sonarcloud sonarqube sonatype sparkpost ' +
  'splunk spotify square squareup squarespace stabilityai stackhawk statuscake statuspage storyblok stormglass strava stripe stytch sumologic ' +
  'supabase surveymonkey swiftype tailscale tatum tavily teamcity teamviewer telegram telnyx temporal textmagic thingsboard thousandeyes ' +
  'ticketmaster tiingo tineswebhook todoist togetherai tomtom travis trello twelvelabs twilio twitch twitter typeform ubidots unsplash uploadcare ' +
  'upstash uptimerobot urlscan vagrant vercel veriff vimeo virustotal vonage voyageai vultr wakatime walkscore wandb weatherapi weatherbit ' +
  'weatherstack webex webflow wepay wistia wolfram woocommerce workato wrike yandex yelp zapier zendesk zenrows zenscrape zerobounce zoho ' +
  'zoom zulip zuora';

export const vendorContext = contextRule({
  id: 'vendor-context',
  title: 'an opaque value that the name of a service stands in front of: algolia = …, "mixpanel": "…", X-Datadog: …',
  anchors: vendors.split(' '),
  farthest: 64,
  isTelling: true,
  hits: ['ALGOLIA = «abcdef0123456789abcdef0123456789»', '"postmark": "«f59dffd2-83ea-47c7-ba8f-95e053a6d0ae»",'],
  misses: [
    'algolia.test: started',
    'jenkins: build 12345',
    'grafana = dashboards-of-the-team',
    'grafana@sha256:0123456789abcdef0123456789abcdef',
  ],
});
