/** Lines that report an error, whatever the program that wrote them. */
export const ERROR_LEVELS = 'detected_level=~"error|critical|fatal"';
/** Shows the message where the line is JSON that has one. */
export const READABLE = "line_format `{{ if .message }}{{ .message }}{{ else }}{{ __line__ }}{{ end }}`";
