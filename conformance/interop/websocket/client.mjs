// One client of SIP over WebSocket: registers, says what comes, sends one message or makes one call if
// told to, and unregisters.
//
//   node client.mjs jssip|sipjs WS-URL AOR USER PASSWORD [message TARGET TEXT | call TARGET]
//
// Prints a line for each thing that happens and ends with 0 once it has unregistered, which it does when its
// standard input ends; anything that fails is a line that begins with "failed" and exit code 1. Calls are
// SIP.js's alone: JsSIP makes none without a browser.
import WebSocket from 'ws';
import { createRequire } from 'node:module';

globalThis.WebSocket = WebSocket;
const require = createRequire(import.meta.url);
const [library, url, aor, user, password, wish, target, text] = process.argv.slice(2);
// How long a call lasts that this side has made.
const TALK_MS = 500;

function say(...words) {
  console.log(words.join(' '));
}

function fail(...words) {
  say('failed', ...words);
  process.exit(1);
}

function ended() {
  say('unregistered');
  process.exit(0);
}

// Stands for a browser's media: offers and answers PCMU at a port where nobody listens.
function silence() {
  const origin = `- ${Date.now()}`;
  let version = 0;
  return {
    close() {},
    hasDescription: (type) => type === 'application/sdp',
    async getDescription() {
      version += 1;
      const body = ['v=0', `o=${origin} ${version} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0',
        'm=audio 9 RTP/AVP 0', 'a=sendrecv', ''].join('\r\n');
      return { body, contentType: 'application/sdp' };
    },
    async setDescription(sdp) {
      if (!/^m=audio \d+ RTP\/AVP 0/m.test(sdp)) throw new Error(`no PCMU in ${sdp}`);
      say('described');
    },
    async rollbackDescription() {},
    sendDtmf: () => false,
  };
}

const clients = {
  jssip() {
    const JsSIP = require('jssip');
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: aor,
      authorization_user: user,
      password,
      register_expires: 120,
    });
    ua.on('connected', () => say('connected'));
    ua.on('registered', () => {
      say('registered');
      if (wish === 'message') {
        ua.sendMessage(target, text, {
          eventHandlers: { succeeded: () => say('sent'), failed: ({ cause }) => fail('message', cause) },
        });
      } else if (wish) {
        fail('JsSIP does not', wish);
      }
    });
    ua.on('registrationFailed', ({ cause }) => fail('registration', cause));
    ua.on('unregistered', ended);
    ua.on('newMessage', ({ originator, request }) => {
      if (originator === 'remote') say('message', request.body);
    });
    ua.start();
    return () => ua.unregister();
  },

  sipjs() {
    const { UserAgent, Registerer, RegistererState, Messager, Inviter, SessionState } = require('sip.js');
    const follow = (session) => session.stateChange.addListener((state) => {
      if (state === SessionState.Established) say('established');
      if (state === SessionState.Terminated) say('terminated');
    });
    const ua = new UserAgent({
      uri: UserAgent.makeURI(aor),
      authorizationUsername: user,
      authorizationPassword: password,
      transportOptions: { server: url },
      sessionDescriptionHandlerFactory: silence,
      logLevel: 'error',
      delegate: {
        onConnect: () => say('connected'),
        onMessage: (message) => {
          say('message', message.request.body);
          message.accept();
        },
        onInvite: (invitation) => {
          say('invited');
          follow(invitation);
          invitation.accept().catch((error) => fail('accept', error.message));
        },
      },
    });
    const wishes = {
      message() {
        const messager = new Messager(ua, UserAgent.makeURI(target), text);
        messager.message({
          requestDelegate: {
            onAccept: () => say('sent'),
            onReject: (response) => fail('message', response.message.statusCode),
          },
        });
      },
      call() {
        const inviter = new Inviter(ua, UserAgent.makeURI(target));
        follow(inviter);
        inviter.stateChange.addListener((state) => {
          if (state === SessionState.Established) setTimeout(() => inviter.bye(), TALK_MS);
        });
        inviter.invite({
          requestDelegate: { onReject: (response) => fail('call', response.message.statusCode) },
        }).catch((error) => fail('call', error.message));
      },
    };
    const registerer = new Registerer(ua, { expires: 120 });
    registerer.stateChange.addListener((state) => {
      if (state === RegistererState.Registered) {
        say('registered');
        if (wish) wishes[wish]();
      } else if (state === RegistererState.Unregistered) {
        ended();
      }
    });
    ua.start()
      .then(() => registerer.register({
        requestDelegate: { onReject: (response) => fail('registration', response.message.statusCode) },
      }))
      .catch((error) => fail(error.message));
    return () => registerer.unregister();
  },
};

if (!clients[library]) fail('there is no', library);
const unregister = clients[library]();
process.stdin.resume();
process.stdin.on('end', unregister);
