/** Why a download did not start: a word of this script's, or of the server's. */
export type DownloadCode =
  | 'activation_lost'
  | 'bad_url'
  | 'command_failed'
  | 'config'
  | 'cross_origin'
  | 'method'
  | 'not_allowed'
  | 'not_found'
  | 'not_signed_in'
  | 'offline'
  | 'prefetch'
  | 'timeout'
  | 'token_expired'
  | 'token_invalid'
  | 'token_missing'
  | 'token_not_for_this'
  | 'token_other_client'
  | 'token_used'
  | 'too_large'
  | 'unavailable'
  | 'unconfirmed'
  | 'xsrf';

/** DownloadDetail is what the events tell; what is not known yet is absent. */
export interface DownloadDetail {
  /** As it was given, without a token. */
  url: string;
  /** The first eight digits of the token's name in the audit log. */
  handle?: string;
  filename?: string;
  /** In bytes. */
  size?: number;
  /** Set when it did not start. */
  code?: DownloadCode;
  /** The same in words, translated where `downloadFile.strings` is. */
  message?: string;
  /** No refusal came, but cookies are off and so nothing told of the start. */
  unconfirmed?: boolean;
}

/** DownloadOutcome is what the promise resolves with, refused or not. */
export interface DownloadOutcome extends DownloadDetail {
  ok: boolean;
}

/** DownloadSettings are the page's; the script's tag has them as data-…. */
export interface DownloadSettings {
  /** The URL of get-token, '/v1/api/get-token'. */
  getToken: string;
  /** The cookie whose value goes into the header, 'XSRF-TOKEN'. */
  xsrfCookie: string;
  /** 'X-XSRF-TOKEN'. */
  xsrfHeader: string;
  /** Milliseconds for the answer of get-token, 10000. */
  timeout: number | string;
  /** The login's URL up to where the address to come back to is appended. */
  login?: string;
}

export interface DownloadOptions extends Partial<DownloadSettings> {
  /** Beside it stand the words, and it dispatches the events. */
  link?: HTMLElement | SVGElement;
}

export interface DownloadFile {
  /**
   * downloadFile gets a token for `url` and starts its download; those of
   * several calls start one after the other. It resolves when the download has
   * started or was refused, and does not reject for a refusal.
   */
  (url: string | URL, options?: DownloadOptions): Promise<DownloadOutcome>;
  readonly settings: DownloadSettings;
  /** Words by code, and those of `click`, `login` and `retry`. */
  readonly strings:
      Partial<Record<DownloadCode | 'click' | 'login' | 'retry', string>>;
}

export const downloadFile: DownloadFile;

declare global {
  interface Window {
    downloadFile: DownloadFile;
  }

  interface GlobalEventHandlersEventMap {
    'claimcheck:start': CustomEvent<DownloadDetail>;
    'claimcheck:started': CustomEvent<DownloadDetail>;
    /** Cancelled, it leaves the words to the page. */
    'claimcheck:error': CustomEvent<DownloadDetail>;
  }
}
